public import GatewayModel
import Synchronization

/// Spaces the dials for RESUME of all shards that share it, most often those of a process. `DialPacing` says how.
///
/// A shard asks once for each dial, never for an event.
public final class DialPacer: Sendable {
    private let pacing: Mutex<DialPacing>

    /// - Parameter perSecond: dials that may start each second, in `DialPacing.rates`. After a pause a second's worth may start at once.
    public init(perSecond: Double) {
        self.pacing = Mutex(DialPacing(perSecond: perSecond))
    }

    /// Dials that may start each second. Another rate holds for dials that are reserved from then on.
    public var perSecond: Double {
        get { self.pacing.withLock { $0.perSecond } }
        set { self.pacing.withLock { $0.perSecond = newValue } }
    }

    /// When one more dial may start.
    public func reserve(at now: Instant) -> DialReservation {
        self.pacing.withLock { $0.reserve(at: now) }
    }
}
