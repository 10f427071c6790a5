public import GatewayModel
public import Logging
public import NIOCore
import Synchronization

/// One shard's life against the gateway: dial, RESUME or IDENTIFY (by permit only), heartbeat, reconnect, until it is stopped or a close code is fatal.
///
/// A handle to what lives on one event loop; every call may come from anywhere, never blocks, and takes effect in the order of calls.
public final class GatewayShard: Sendable {
    let configuration: GatewayShardConfiguration
    private let eventLoop: any EventLoop
    private let driver: NIOLoopBoundBox<ShardDriver>
    private let end: EventLoopFuture<ShardEnd>
    private let commandIDs = Atomic<UInt64>(0)

    /// - Parameters:
    ///   - configuration: checked by `GatewayShardConfiguration.check()`, which says in one line what is wrong with it.
    ///   - handler: gets all dispatches and events, on `eventLoop`.
    ///   - eventLoop: where this shard lives. Many shards share one.
    ///   - logger: for what happens to connections; payloads never get there.
    public init(configuration: GatewayShardConfiguration, handler: any ShardHandler, eventLoop: any EventLoop, logger: Logger) {
        let ended = eventLoop.makePromise(of: ShardEnd.self)
        self.configuration = configuration
        self.eventLoop = eventLoop
        self.end = ended.futureResult
        self.driver = .makeBoxSendingValue(
            ShardDriver(configuration: configuration, handler: handler, eventLoop: eventLoop, logger: logger, ended: ended), eventLoop: eventLoop)
    }

    /// Runs to the end. Once. Cancellation is `stop(.handOff)`.
    public func run() async -> ShardEnd {
        await withTaskCancellationHandler {
            self.onDriver { $0.start() }
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

    /// Until when the shard may dial, RESUME, IDENTIFY and emit. A new one is without limit.
    public func setAuthority(_ authority: DialAuthority) {
        self.eventLoop.execute { self.driver.value.setAuthority(authority) }
    }

    /// Ends the run, in one of three ways. `run` returns once it is done.
    public func stop(_ mode: StopMode) {
        self.tell(.stop(mode))
    }

    /// As `stop(.retire)`, with the reason of the gap that ends the stream.
    public func retire(as reason: GapReason) {
        self.tell(.retire(reason))
    }

    private func tell(_ input: SessionInput) {
        self.eventLoop.execute { self.driver.value.handle(input) }
    }

    /// How long the latest heartbeat took to Discord and back; `nil` before the first was answered.
    public func roundTrip() async -> Duration? {
        await self.ask { $0.machine.roundTrip }
    }

    /// Dispatches that were dropped since the start because nobody wants their type (`GatewayShardConfiguration.wanted`).
    public func pruned() async -> PrunedCounts {
        await self.ask { $0.pruned }
    }

    private func ask<Value: Sendable>(_ question: @escaping @Sendable (ShardDriver) -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            self.onDriver { continuation.resume(returning: question($0)) }
        }
    }

    func nextCommandID() -> CommandID {
        CommandID(rawValue: self.commandIDs.wrappingAdd(1, ordering: .relaxed).newValue)
    }

    func onDriver(_ body: @escaping @Sendable (ShardDriver) -> Void) {
        self.eventLoop.execute { body(self.driver.value) }
    }
}
