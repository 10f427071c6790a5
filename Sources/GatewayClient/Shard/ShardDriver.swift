import GatewayModel
import Logging
import NIOCore

/// Performs what one shard's machines decide: socket, timer, handler. Lives on one event loop; decides nothing.
///
/// What each event touches is `@exclusivity(unchecked)`: the checks at run time cost a fifteenth of the whole path. Nothing here calls out while it
/// changes one of these, since effects are performed once the machine has returned them.
final class ShardDriver {
    let configuration: GatewayShardConfiguration
    let codec: PayloadCodec
    /// What is not pruned: what the holder wants, and what this library cannot do without.
    let scanned: EventSet?
    /// What a dispatch without `d` has: `null`.
    let absentData: ByteBuffer
    private let handler: any ShardHandler
    let eventLoop: any EventLoop
    let commands: CommandDesk
    private let logger: Logger
    private let ended: EventLoopPromise<ShardEnd>
    @exclusivity(unchecked) var machine: SessionMachine
    private var random = SystemRandomNumberGenerator()
    /// Small at first: most shards are idle most of the time.
    private var inputs = CircularBuffer<SessionInput>(initialCapacity: 2)
    @exclusivity(unchecked) private(set) var isBusy = false
    /// The dispatch of the input that is being handled, for `SessionEffect.deliver`.
    var dispatch: GatewayDispatch?
    /// Delivered and pruned since the start.
    @exclusivity(unchecked) private var dispatches = 0
    var pruned = PrunedCounts()
    private let metrics: GatewayMetrics
    var tally = ShardTally()
    /// Counts dials: what comes of an earlier one is ignored.
    var attempt = 0
    /// The channels of the dial under way: one for each address that was tried.
    var dialing: [any Channel] = []
    /// Since the shard was last live.
    private var failedDials = 0
    var isDialing = false
    @exclusivity(unchecked) var connection: WebSocketConnection?
    @exclusivity(unchecked) var inflater: PayloadInflater?
    private var timer: (due: Instant, task: Scheduled<Void>)?

    init(
        configuration: GatewayShardConfiguration, handler: any ShardHandler, eventLoop: any EventLoop, logger: Logger, ended: EventLoopPromise<ShardEnd>
    ) {
        self.configuration = configuration
        self.codec = PayloadCodec(configuration.encoding)
        self.scanned = configuration.wanted.map { $0.union([.ready, .resumed, .guildMembersChunk, .rateLimited]) }
        self.absentData = ByteBuffer(bytes: self.codec.null)
        self.handler = handler
        self.eventLoop = eventLoop
        self.metrics = configuration.metrics ?? .process
        self.commands = CommandDesk(codec: self.codec, limits: configuration.limits.commands, presence: configuration.presence, metrics: self.metrics)
        var logger = logger
        logger[metadataKey: LogKey.shard] = "\(configuration.shard)"
        self.logger = logger
        self.ended = ended
        self.machine = SessionMachine(
            gatewayURL: configuration.gatewayURL, session: configuration.session, pacesDials: configuration.dialPacer != nil,
            closeOverrides: configuration.closeOverrides)
        self.commands.write = { [unowned self] in self.write($0) }
    }

    /// Once.
    func start() {
        self.metrics.record(self.tally.started())
        self.handle(.start)
    }

    func handle(_ input: SessionInput) {
        self.inputs.append(input)
        // From within an effect: it waits its turn.
        guard !self.isBusy else { return }
        self.isBusy = true
        while let input = self.inputs.popFirst() {
            let effects = self.machine.handle(input, at: BootClock.now, using: &self.random)
            self.count(input, effects)
            for effect in effects { self.perform(effect) }
        }
        self.isBusy = false
        self.armTimer()
    }

    func setAuthority(_ authority: DialAuthority) {
        self.machine.authority = authority
        self.handle(.tick)
    }

    func resumeReading() {
        self.handle(.readingPaused(false))
        self.connection?.resumeReading()
    }

    private func count(_ input: SessionInput, _ effects: [SessionEffect]) {
        let counts = self.tally.handled(
            input, effects, roundTrips: self.machine.roundTrips, roundTrip: self.machine.roundTrip, dispatches: self.dispatches, pruned: self.pruned,
            cause: self.machine.disconnectCause)
        self.metrics.record(counts)
    }

    private func perform(_ effect: SessionEffect) {
        switch effect {
        case .reserveDial:
            guard let pacer = self.configuration.dialPacer else { preconditionFailure("a dial is to be paced, and by nobody") }
            let isFree = self.attempt == 0 && !self.configuration.isFirstDialPaced
            self.handle(.dialReserved(isFree ? .at(BootClock.now) : pacer.reserve(at: BootClock.now)))
        case .dial(let url): self.dial(url)
        case .sendHeartbeat(let sequence): self.sendHeartbeat(sequence: sequence)
        case .sendIdentify: self.sendIdentify()
        case .sendResume(let session): self.sendResume(session)
        case .close(let code): self.connection?.close(code: code, handingOn: self.machine.deliversWhileClosing)
        case .drop: self.drop()
        case .deliver:
            guard var dispatch = self.dispatch, let sessionID = self.machine.sessionID else {
                preconditionFailure("a delivery without a dispatch or a session")
            }
            self.dispatch = nil
            dispatch.sessionID = sessionID
            self.deliver(dispatch)
        case .stopReading: self.connection?.stopReading()
        case .report(let event):
            self.log(event)
            self.handler.receive(event)
            self.commands.shardTold(event)
        case .end(let end):
            self.drop()
            self.commands.shardEnded()
            self.timer?.task.cancel()
            self.timer = nil
            self.logger.info("Shard ended", metadata: [LogKey.reason: "\(end)"])
            self.ended.succeed(end)
        }
    }

    func deliver(_ dispatch: GatewayDispatch) {
        self.dispatches &+= 1
        switch self.handler.receive(dispatch) {
        case .goOn: break
        case .accepted: self.machine.deliveryAccepted()
        case .pauseReading:
            self.connection?.pauseReading()
            self.handle(.readingPaused(true))
        }
    }

    // MARK: Time

    /// One timer. A later deadline leaves it alone: it fires early, finds nothing due, and is armed again.
    func armTimer() {
        guard let deadline = self.deadline else { return }
        if let timer = self.timer {
            guard deadline < timer.due else { return }
            timer.task.cancel()
        }
        let bound = NIOLoopBound(self, eventLoop: self.eventLoop)
        let delay = max(0, deadline.nanoseconds &- BootClock.now.nanoseconds)
        self.timer = (
            deadline,
            self.eventLoop.scheduleTask(in: .nanoseconds(delay)) { bound.value.timerFired() }
        )
    }

    private func timerFired() {
        self.timer = nil
        let now = BootClock.now
        if let deadline = self.commands.deadline, now >= deadline { self.commands.timePassed() }
        if let deadline = self.machine.deadline, now >= deadline { self.handle(.tick) } else { self.armTimer() }
    }

    private var deadline: Instant? {
        guard let machine = self.machine.deadline else { return self.commands.deadline }
        return self.commands.deadline.map { min($0, machine) } ?? machine
    }

    private func log(_ event: ShardEvent) {
        switch event {
        case .phase(.live):
            self.failedDials = 0
            self.logger.debug("Shard event", metadata: [LogKey.event: "\(event)"])
        case .disconnected(_, let reason, _) where self.isDialing: self.logFailedDial(reason)
        case .phase, .readyToIdentify: self.logger.debug("Shard event", metadata: [LogKey.event: "\(event)"])
        case .ready, .resumed, .identified: self.logger.info("Shard event", metadata: [LogKey.event: "\(event)"])
        case .disconnected: self.logger.info("Gateway connection ended", metadata: [LogKey.event: "\(event)"])
        case .gap, .sessionLost, .anomaly: self.logger.warning("Shard event", metadata: [LogKey.event: "\(event)"])
        }
    }

    /// The first is for everyone to see, since it may never get better by itself (a wrong CA, a closed port); then each doubling of their number.
    private func logFailedDial(_ reason: String) {
        self.isDialing = false
        self.failedDials += 1
        let isPowerOfTwo = self.failedDials & (self.failedDials - 1) == 0
        self.logger.log(
            level: isPowerOfTwo ? .warning : .info, "Cannot connect to the gateway",
            metadata: [LogKey.reason: "\(reason)", LogKey.failures: "\(self.failedDials)"])
    }
}
