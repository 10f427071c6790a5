/// Accepts everything and keeps nothing.
public struct NullSink: EventSink {
    public init() {}

    public var name: String { "null" }
    public func write(_ bytes: UnsafeRawBufferPointer) -> SinkWrite { SinkWrite(written: bytes.count) }
    public func confirm() -> SinkTrouble? { nil }
    public func cutBack(_ count: Int) -> Bool { true }
    public func close() {}
}
