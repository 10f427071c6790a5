public import GatewayModel
public import Logging
public import NIOCore

/// One shard's life against the gateway: dial, RESUME or IDENTIFY (by permit only), heartbeat, reconnect, until it is stopped or a close code is fatal.
///
/// A handle to a state that lives on one event loop; every call may come from anywhere and takes effect in the order of calls.
public final class GatewayShard: Sendable {
    private let eventLoop: any EventLoop

    public init(configuration: GatewayShardConfiguration, handler: any ShardHandler, eventLoop: any EventLoop, logger: Logger) {
        self.eventLoop = eventLoop
    }

    /// Runs to the end. Once. Cancellation is `stop(.handOff)`.
    public func run() async -> ShardEnd {
        .stopped(nil)
    }

    /// A permit may be had; `ShardEvent.readyToIdentify` follows, or `identified(_, .notSent, _)`.
    public func offer(_ permit: PermitID) {}

    /// The permit is committed; IDENTIFY goes out strictly before `validUntil` or never.
    public func grant(_ permit: PermitID, validUntil: Instant) {}

    /// The sink accepted everything up to `sequence` of this session.
    public func accepted(sequence: Int64, sessionID: String) {}

    /// Answers `ShardEvent.phase(.stopping)`: everything received is with the sink.
    public func flushed() {}

    /// Ends what `Delivery.pauseReading` began.
    public func resumeReading() {}

    public func setAuthority(_ authority: DialAuthority) {}

    public func stop(_ mode: StopMode) {}
}
