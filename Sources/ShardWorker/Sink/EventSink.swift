/// Where finished lines go. One thread calls it, never two at once, so it may block for a moment.
///
/// A sink that took a whole line has accepted it: from then on losing it is the sink's doing, and the gateway session moves past it.
public protocol EventSink: Sendable {
    /// For logs: `ndjson:/var/lib/muster/events.ndjson`.
    var name: String { get }

    /// The most bytes that one `write` is given; a longer line then comes in several calls, and `cutBack` must answer `false`.
    var mostBytesAtOnce: Int { get }

    /// Appends `bytes` (whole lines, the first one perhaps begun by an earlier call). Stops at the first trouble.
    func write(_ bytes: UnsafeRawBufferPointer) -> SinkWrite

    /// Makes what was written since the last call durable, where that was asked for.
    func confirm() -> SinkTrouble?

    /// Takes the last `count` bytes written back. `false`: impossible here, they stay.
    func cutBack(_ count: Int) -> Bool

    /// The last call.
    func close()
}

extension EventSink {
    public var mostBytesAtOnce: Int { .max }
}

public struct SinkWrite: Hashable, Sendable {
    /// Bytes taken, from the first on.
    public var written: Int
    /// Why the rest was not; `nil` where all were.
    public var trouble: SinkTrouble?

    public init(written: Int, trouble: SinkTrouble? = nil) {
        self.written = written
        self.trouble = trouble
    }
}

/// Why a sink takes nothing now. None is final: it is tried again, the queues fill, and then the sockets are not read.
public enum SinkTrouble: Hashable, Sendable, CustomStringConvertible {
    /// The reader of the pipe is slow.
    case readerSlow
    /// The reader of the pipe is gone.
    case readerGone
    case diskFull
    case failed(errno: Int32)

    public var description: String {
        switch self {
        case .readerSlow: "the reader is slow"
        case .readerGone: "the reader is gone"
        case .diskFull: "the disk is full"
        case .failed(let code): "the system said \(SystemText.of(code))"
        }
    }
}
