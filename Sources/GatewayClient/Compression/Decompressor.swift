/// A decompression library's stream, fed with one message at a time.
protocol Decompressor: AnyObject {
    /// Begins a message. The bytes stay where they are until the last `step`.
    func begin(_ message: UnsafeRawBufferPointer)
    /// Goes on with the message. `output` is not empty.
    func step(into output: UnsafeMutableRawBufferPointer) -> (written: Int, outcome: DecompressorOutcome)
    /// The whole message is consumed.
    ///
    /// - Returns: whether a payload ends with it.
    func end() throws(PayloadInflater.Failure) -> Bool
}

enum DecompressorOutcome {
    /// The message is consumed, and all that it says is written.
    case consumed
    case needsMoreRoom
    case failed(PayloadInflater.Failure)
}
