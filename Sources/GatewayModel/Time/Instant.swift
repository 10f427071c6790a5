/// A point on a monotonic clock that goes on during suspend, in nanoseconds since an origin that only this process knows.
///
/// Process-local: it is never stored and never compared with another host's. A worker's stamp crosses the wire only to come back to it.
public struct Instant: InstantProtocol, Hashable, Codable, Sendable {
    /// Since the clock's origin.
    public var nanoseconds: Int64

    /// A point of this process's clock, or of a test's.
    public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    public func advanced(by duration: Duration) -> Instant {
        Instant(nanoseconds: self.nanoseconds &+ duration.inNanoseconds)
    }

    public func duration(to other: Instant) -> Duration {
        .nanoseconds(other.nanoseconds &- self.nanoseconds)
    }

    public static func < (left: Instant, right: Instant) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// Later by that much.
    public static func + (instant: Instant, duration: Duration) -> Instant {
        instant.advanced(by: duration)
    }

    /// Earlier by that much.
    public static func - (instant: Instant, duration: Duration) -> Instant {
        instant.advanced(by: .zero - duration)
    }

    /// How much later `left` is.
    public static func - (left: Instant, right: Instant) -> Duration {
        right.duration(to: left)
    }
}

extension Duration {
    /// Whole nanoseconds; a finer rest is dropped. Covers ±292 years.
    public var inNanoseconds: Int64 {
        Int64(self.attoseconds / 1_000_000_000)
    }

    /// Seconds with their fractions.
    public var inSeconds: Double {
        Double(self.inNanoseconds) / 1e9
    }
}
