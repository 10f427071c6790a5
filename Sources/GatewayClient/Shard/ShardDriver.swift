import GatewayModel
import Logging
import NIOCore

/// Performs what one shard's `SessionMachine` decides: socket, timer, handler. Lives on one event loop; decides nothing.
final class ShardDriver {
    private let configuration: GatewayShardConfiguration
    private let handler: any ShardHandler
    private let eventLoop: any EventLoop
    private let logger: Logger
    private let ended: EventLoopPromise<ShardEnd>
    private var machine: SessionMachine
    private var random = SystemRandomNumberGenerator()
    private var inputs = CircularBuffer<SessionInput>()
    private(set) var isBusy = false
    /// The dispatch of the input that is being handled, for `SessionEffect.deliver`.
    private var dispatch: (sequence: Int64, type: String, data: ByteBuffer)?
    /// Counts dials: what comes of an earlier one is ignored.
    private var attempt = 0
    /// The channels of the dial under way: one for each address that was tried.
    private var dialing: [any Channel] = []
    /// Since the shard was last live.
    private var failedDials = 0
    private var isDialing = false
    private var connection: WebSocketConnection?
    private var zlib: ZlibStream?
    private var timer: (due: Instant, task: Scheduled<Void>)?

    init(
        configuration: GatewayShardConfiguration, handler: any ShardHandler, eventLoop: any EventLoop, logger: Logger, ended: EventLoopPromise<ShardEnd>
    ) {
        self.configuration = configuration
        self.handler = handler
        self.eventLoop = eventLoop
        var logger = logger
        logger[metadataKey: LogKey.shard] = "\(configuration.shard)"
        self.logger = logger
        self.ended = ended
        self.machine = SessionMachine(gatewayURL: configuration.gatewayURL, session: configuration.session)
    }

    func handle(_ input: SessionInput) {
        self.inputs.append(input)
        // From within an effect: it waits its turn.
        guard !self.isBusy else { return }
        self.isBusy = true
        while let input = self.inputs.popFirst() {
            for effect in self.machine.handle(input, at: BootClock.now, using: &self.random) { self.perform(effect) }
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

    private func perform(_ effect: SessionEffect) {
        switch effect {
        case .dial(let url): self.dial(url)
        case .sendHeartbeat(let sequence): self.connection?.send(OutboundPayload.heartbeat(sequence: sequence))
        case .sendIdentify: self.send(OutboundPayload.identify(self.configuration))
        case .sendResume(let session): self.send(OutboundPayload.resume(session, token: self.configuration.token))
        case .close(let code): self.connection?.close(code: code, handingOn: self.machine.deliversWhileClosing)
        case .drop: self.drop()
        case .deliver: self.deliver()
        case .stopReading: self.connection?.stopReading()
        case .report(let event):
            self.log(event)
            self.handler.receive(event)
        case .end(let end):
            self.drop()
            self.timer?.task.cancel()
            self.timer = nil
            self.logger.info("Shard ended", metadata: [LogKey.reason: "\(end)"])
            self.ended.succeed(end)
        }
    }

    /// IDENTIFY and RESUME: one that does not leave is told. A heartbeat that does not leave is missed by the zombie rule.
    private func send(_ payload: String) {
        guard payload.utf8.count <= OutboundPayload.maxBytes else {
            return self.handle(.sendFailed(reason: "our own payload has \(payload.utf8.count) bytes, more than Discord takes"))
        }
        guard self.connection?.send(payload) == true else {
            return self.handle(.sendFailed(reason: "the peer takes nothing at present"))
        }
    }

    // MARK: Connections

    private func dial(_ text: String) {
        self.attempt += 1
        let attempt = self.attempt
        self.connection = nil
        self.isDialing = true
        self.handle(.readingPaused(false))
        guard let url = GatewayURL(text, compression: self.configuration.compression) else {
            return self.handle(.failedToConnect(reason: "no usable gateway URL: \(text)"))
        }
        let bound = NIOLoopBound(self, eventLoop: self.eventLoop)
        let dialer = WebSocketDialer(
            eventLoop: self.eventLoop, trust: self.configuration.trust, maxMessageBytes: self.configuration.limits.maxMessageBytes)
        dialer.dial(url) { channel in
            bound.value.opened(channel, attempt)
        } upgraded: { channel in
            try bound.value.upgraded(channel, attempt)
        }.whenFailure { error in
            bound.value.failed(error, attempt)
        }
    }

    private func opened(_ channel: any Channel, _ attempt: Int) {
        guard attempt == self.attempt else { return channel.close(promise: nil) }
        self.dialing.append(channel)
    }

    private func upgraded(_ channel: any Channel, _ attempt: Int) throws {
        guard attempt == self.attempt, self.connection == nil else { return channel.close(promise: nil) }
        let connection = WebSocketConnection(owner: self, maxMessageBytes: self.configuration.limits.maxMessageBytes)
        try channel.pipeline.syncOperations.addHandler(connection)
        self.dialing = []
        self.isDialing = false
        self.connection = connection
        self.zlib = self.configuration.compression == .zlibStream ? ZlibStream(maxPayloadBytes: self.configuration.limits.maxInflatedBytes) : nil
        self.handle(.connected)
    }

    private func failed(_ error: any Error, _ attempt: Int) {
        guard attempt == self.attempt, self.connection == nil else { return }
        self.abandonDial()
        self.handle(.failedToConnect(reason: "\(error)"))
    }

    private func drop() {
        self.attempt += 1
        self.abandonDial()
        self.connection?.drop()
        self.connection = nil
        self.zlib = nil
    }

    private func abandonDial() {
        for channel in self.dialing { channel.close(promise: nil) }
        self.dialing = []
    }

    private func deliver() {
        guard let dispatch = self.dispatch, let sessionID = self.machine.sessionID else {
            preconditionFailure("a delivery without a dispatch or a session")
        }
        self.dispatch = nil
        let delivery = self.handler.receive(
            GatewayDispatch(sequence: dispatch.sequence, sessionID: sessionID, type: dispatch.type, data: dispatch.data))
        guard delivery == .pauseReading else { return }
        self.connection?.pauseReading()
        self.handle(.readingPaused(true))
    }

    // MARK: Time

    /// One timer. A later deadline leaves it alone: it fires early, finds nothing due, and is armed again.
    private func armTimer() {
        guard let deadline = self.machine.deadline else { return }
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
        guard let deadline = self.machine.deadline else { return }
        if BootClock.now >= deadline { self.handle(.tick) } else { self.armTimer() }
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

extension ShardDriver: WebSocketConnectionOwner {
    func received(_ message: ByteBuffer, from connection: WebSocketConnection) {
        guard connection === self.connection else { return }
        do {
            guard let payload = try self.zlib.map({ try $0.inflate(message) }) ?? message else { return }
            try self.received(payload: payload)
        } catch {
            self.handle(.malformed(reason: "\(error)"))
        }
    }

    func receivedMalformed(_ reason: String, from connection: WebSocketConnection) {
        guard connection === self.connection else { return }
        self.handle(.malformed(reason: reason))
    }

    func closed(code: UInt16?, reason: String, from connection: WebSocketConnection) {
        guard connection === self.connection else { return }
        self.connection = nil
        self.zlib = nil
        self.handle(.closed(code: code, reason: reason))
    }

    private func received(payload: ByteBuffer) throws {
        switch try InboundPayload(payload) {
        case .dispatch(let sequence, let type, let data):
            switch self.machine.dispatchReceived(sequence: sequence, at: BootClock.now) {
            case .deliver:
                self.dispatch = (sequence, type, data)
                self.deliver()
            case .drop: break
            case .handle: self.handle(.dispatch(sequence: sequence), with: (sequence, type, data))
            }
        case .ready(let sequence, let sessionID, let resumeGatewayURL, let data):
            let url = self.usable(resumeGatewayURL)
            self.handle(.ready(sequence: sequence, sessionID: sessionID, resumeGatewayURL: url), with: (sequence, "READY", data))
        case .resumed(let sequence, let data): self.handle(.resumed(sequence: sequence), with: (sequence, "RESUMED", data))
        case .other(let input): self.handle(input)
        case .unknown: break
        }
    }

    private func handle(_ input: SessionInput, with dispatch: (sequence: Int64, type: String, data: ByteBuffer)) {
        self.dispatch = dispatch
        self.handle(input)
        self.dispatch = nil
    }

    /// Of a resume URL; what the coordinator stores is bounded by the same.
    private static let maxResumeURLBytes = 2048

    /// A resume URL that cannot be dialed, or that is too long, or that would carry the token unencrypted where the base URL does not, is replaced by the base URL.
    private func usable(_ resumeGatewayURL: String) -> String {
        guard resumeGatewayURL.utf8.count <= Self.maxResumeURLBytes, let base = GatewayURL(self.configuration.gatewayURL, compression: .none),
            let resume = GatewayURL(resumeGatewayURL, compression: .none), resume.isTLS || !base.isTLS
        else { return self.configuration.gatewayURL }
        return resumeGatewayURL
    }
}
