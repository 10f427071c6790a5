/// Spaces the dials of many shards, so that the end of a whole zone, or of our own network, does not become one blow of connections at its return.
///
/// Nobody queues: whoever wants to dial reserves an instant. After a pause a second's worth of dials may start at once; from then on they follow each
/// other at the rate. What is reserved and not used is lost. Dials for IDENTIFY need none: their permits pace them.
public struct DialPacing: Hashable, Sendable {
    /// Dials that may start each second, in `rates`. Another rate holds for what is reserved from then on.
    public var perSecond: Double {
        didSet { self.perSecond = Self.clamped(self.perSecond) }
    }
    /// When the last reservation would be, were there no burst: all before it is taken.
    private var taken: Instant?

    /// One dial in 100 s to 100 000 a second. What lies outside is taken as the nearest.
    public static let rates: ClosedRange<Double> = 0.01...100_000
    /// So far ahead, and no further, an instant can be reserved.
    public static let horizon = Duration.seconds(60)

    /// Nothing is reserved yet.
    ///
    /// - Parameter perSecond: in `rates`.
    public init(perSecond: Double) {
        self.perSecond = Self.clamped(perSecond)
    }

    /// When the next dial may start; or, where that is beyond the horizon, when to ask again.
    public mutating func reserve(at now: Instant) -> DialReservation {
        let interval = Duration.nanoseconds(Int64(1e9 / self.perSecond))
        let burst = max(.zero, .seconds(1) - interval)
        let taken = max(self.taken ?? now, now)
        let start = max(now, taken - burst)
        // Half of what can be reserved is free again by then, so that all who ask in vain do not come back one by one.
        guard start - now <= Self.horizon else { return .full(askAgainAt: start - Self.horizon / 2) }
        self.taken = taken + interval
        return .at(start)
    }

    /// Anything that is no number is the smallest.
    private static func clamped(_ rate: Double) -> Double {
        rate >= Self.rates.lowerBound ? min(rate, Self.rates.upperBound) : Self.rates.lowerBound
    }
}

/// What became of a wish to dial.
public enum DialReservation: Hashable, Sendable {
    /// The dial may start then; past or present: now.
    case at(Instant)
    /// So many dials are reserved that nothing was: ask again then.
    case full(askAgainAt: Instant)
}
