/// A decompression library's stream, fed with one message at a time.
protocol Decompressor: AnyObject {
    /// Begins a message. The bytes stay where they are until the last `step`.
    func begin(_ message: UnsafeRawBufferPointer)
    /// Goes on with the message. `output` is not empty.
    func step(into output: UnsafeMutableRawBufferPointer) -> (written: Int, outcome: DecompressorOutcome)
    /// The whole message is consumed.
    func end() -> MessageEnd
}

enum DecompressorOutcome {
    /// The message is consumed, and all that it says is written.
    case consumed
    case needsMoreRoom
    case failed(PayloadInflater.Failure)
}

enum MessageEnd {
    /// A payload ends with the message.
    case payload
    /// The payload goes on with the next message.
    case nothing
    case failed(PayloadInflater.Failure)
}
