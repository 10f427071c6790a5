public import GatewayModel
public import Logging
public import NIOCore

/// One shard's life against the gateway: dial, RESUME or IDENTIFY (by permit only), heartbeat, reconnect, until it is stopped or a close code is fatal.
///
/// A handle to what lives on one event loop; every call may come from anywhere, never blocks, and takes effect in the order of calls.
public final class GatewayShard: Sendable {
    private let eventLoop: any EventLoop
    private let driver: NIOLoopBoundBox<ShardDriver>
    private let end: EventLoopFuture<ShardEnd>

    public init(configuration: GatewayShardConfiguration, handler: any ShardHandler, eventLoop: any EventLoop, logger: Logger) {
        let ended = eventLoop.makePromise(of: ShardEnd.self)
        self.eventLoop = eventLoop
        self.end = ended.futureResult
        self.driver = .makeBoxSendingValue(
            ShardDriver(configuration: configuration, handler: handler, eventLoop: eventLoop, logger: logger, ended: ended), eventLoop: eventLoop)
    }

    /// Runs to the end. Once. Cancellation is `stop(.handOff)`.
    public func run() async -> ShardEnd {
        await withTaskCancellationHandler {
            self.tell(.start)
            do {
                return try await self.end.get()
            } catch {
                preconditionFailure("the end of a shard is never an error: \(error)")
            }
        } onCancel: {
            self.stop(.handOff)
        }
    }

    /// A permit may be had; `ShardEvent.readyToIdentify` follows, or `identified(_, .notSent, _)`.
    public func offer(_ permit: PermitID) {
        self.tell(.offered(permit))
    }

    /// The permit is committed; IDENTIFY goes out strictly before `validUntil` or never.
    public func grant(_ permit: PermitID, validUntil: Instant) {
        self.tell(.granted(permit, validUntil: validUntil))
    }

    /// The sink accepted everything up to `sequence` of this session.
    public func accepted(sequence: Int64, sessionID: String) {
        self.tell(.accepted(sequence: sequence, sessionID: sessionID))
    }

    /// Answers `ShardEvent.phase(.stopping)`: everything received is with the sink, and `accepted` said so. Without it a hand-off goes on after 2 s.
    public func flushed() {
        self.tell(.flushed)
    }

    /// Ends what `Delivery.pauseReading` began.
    public func resumeReading() {
        self.eventLoop.execute { self.driver.value.resumeReading() }
    }

    public func setAuthority(_ authority: DialAuthority) {
        self.eventLoop.execute { self.driver.value.setAuthority(authority) }
    }

    public func stop(_ mode: StopMode) {
        self.tell(.stop(mode))
    }

    private func tell(_ input: SessionInput) {
        self.eventLoop.execute { self.driver.value.handle(input) }
    }
}
