import GatewayModel
import NIOCore

/// Performs what one shard's command machines decide. Lives on the shard's event loop; decides nothing.
final class CommandDesk {
    /// Writes one payload to the present connection; `false` where nothing of it left.
    typealias Write = (_ payload: [UInt8]) -> Bool
    typealias Answer<Value> = (Result<Value, CommandError>) -> Void

    private let codec: PayloadCodec
    private let metrics: GatewayMetrics
    private var queue: CommandQueue
    private var members = MemberRequests<GatewayDispatch>(noncePrefix: .random(in: 0...UInt64.max))
    private var commandAnswers: [CommandID: Answer<Void>] = [:]
    private var memberAnswers: [CommandID: Answer<[GatewayDispatch]>] = [:]
    var write: Write = { _ in false }

    init(codec: PayloadCodec, limits: CommandLimits, presence: Presence?, metrics: GatewayMetrics) {
        self.codec = codec
        self.metrics = metrics
        self.queue = CommandQueue(limits: limits, presence: presence)
    }

    /// For IDENTIFY.
    var presence: Presence? { self.queue.presence }

    /// When `timePassed` is wanted next.
    var deadline: Instant? {
        guard let queue = self.queue.deadline else { return self.members.deadline }
        return self.members.deadline.map { min($0, queue) } ?? queue
    }

    // MARK: Callers

    func send(_ id: CommandID, _ command: GatewayCommand, deadline: Instant, isRetained: Bool = false, _ answer: @escaping Answer<Void>) {
        self.commandAnswers[id] = answer
        self.enqueue(id, command, deadline: deadline, isRetained: isRetained)
    }

    func request(_ id: CommandID, _ request: GuildMembersRequest, deadline: Instant, _ answer: @escaping Answer<[GatewayDispatch]>) {
        self.memberAnswers[id] = answer
        self.perform(self.members.request(id, request, deadline: deadline, at: BootClock.now))
    }

    /// Whoever waits for this gave up.
    func cancel(_ id: CommandID) {
        self.perform(self.queue.cancel(id, at: BootClock.now))
        self.perform(self.members.cancel(id))
    }

    // MARK: The connection

    func connectionOpened() {
        self.queue.connectionOpened(at: BootClock.now)
    }

    func helloReceived(interval: Duration) {
        self.queue.helloReceived(interval: interval)
    }

    /// A heartbeat or RESUME was written.
    func noteSent() {
        self.queue.noteSent(at: BootClock.now)
    }

    func identifySent() {
        self.perform(self.queue.identifySent(at: BootClock.now))
    }

    /// What the shard tells about itself decides what may go out.
    func shardTold(_ event: ShardEvent) {
        switch event {
        case .phase(.live): self.perform(self.queue.becameLive(at: BootClock.now))
        case .phase(.stopping), .disconnected: self.queue.connectionEnded(at: BootClock.now)
        case .resumed: self.perform(self.members.resumed(at: BootClock.now))
        case .sessionLost: self.perform(self.members.sessionLost(at: BootClock.now))
        case .phase, .ready, .gap, .readyToIdentify, .identified, .anomaly: break
        }
    }

    func shardEnded() {
        self.perform(self.members.end())
        self.perform(self.queue.end())
    }

    /// The queue first: it knows why a member request has not left by its deadline.
    func timePassed() {
        self.perform(self.queue.timePassed(to: BootClock.now))
        self.perform(self.members.timePassed(to: BootClock.now))
    }

    // MARK: Answers of Discord

    var awaitsMembers: Bool { self.members.count > 0 }

    func received(_ dispatch: GatewayDispatch) {
        switch dispatch.type {
        case .guildMembersChunk:
            guard let chunk = dispatch.data.withUnsafeReadableBytes({ MembersChunkHeader($0, self.codec) }) else { return }
            self.perform(
                self.members.chunkReceived(
                    nonce: chunk.nonce, guildID: chunk.guildID, index: chunk.index, count: chunk.count, members: chunk.members, dispatch,
                    at: BootClock.now))
        case .rateLimited:
            // One that cannot be read names no request of ours.
            guard let refusal = try? dispatch.decode(RateLimitedData.self), refusal.opcode == GatewayOpcode.requestGuildMembers.rawValue,
                let guildID = refusal.guildID
            else { return }
            self.perform(
                self.members.rateLimited(guildID: guildID, nonce: refusal.nonce, retryAfter: refusal.retryAfter, at: BootClock.now))
        default: break
        }
    }

    // MARK: Effects

    private func enqueue(_ id: CommandID, _ command: GatewayCommand, deadline: Instant, isRetained: Bool = false) {
        let bytes = self.codec.encode(op: command.op, data: command.data).count
        self.perform(self.queue.enqueue(id, command, encodedBytes: bytes, deadline: deadline, isRetained: isRetained, at: BootClock.now))
    }

    private func perform(_ effects: [CommandEffect]) {
        var effects = CircularBuffer(effects)
        while let effect = effects.popFirst() {
            switch effect {
            case .send(let id, let command):
                let isWritten = self.write(self.codec.encode(op: command.op, data: command.data))
                effects.append(
                    contentsOf: isWritten ? self.queue.written(id, at: BootClock.now) : self.queue.writeFailed(id, at: BootClock.now))
            case .sent(let id):
                self.metrics.record([.command(.sent)])
                self.ended(id, .success(()))
            case .superseded(let id):
                self.metrics.record([.command(.superseded)])
                self.ended(id, .success(()))
            case .fail(let id, let error):
                self.metrics.record([.command(CommandOutcome(error))])
                self.ended(id, .failure(error))
            }
        }
    }

    private func ended(_ id: CommandID, _ result: Result<Void, CommandError>) {
        guard id.isMemberPayload else {
            self.commandAnswers.removeValue(forKey: id)?(result)
            return
        }
        switch result {
        case .success: self.members.sent(id, at: BootClock.now)
        case .failure(let error): self.perform(self.members.sendFailed(id, error, at: BootClock.now))
        }
    }

    private func perform(_ effects: [MemberRequestEffect<GatewayDispatch>]) {
        for effect in effects {
            switch effect {
            case .send(let id, let command, let deadline): self.enqueue(id, command, deadline: deadline)
            case .withdraw(let id): self.perform(self.queue.cancel(id, at: BootClock.now))
            case .complete(let id, let chunks):
                self.metrics.record([.memberRequest(.answered)])
                self.memberAnswers.removeValue(forKey: id)?(.success(chunks))
            case .fail(let id, let error):
                self.metrics.record([.memberRequest(CommandOutcome(error))])
                self.memberAnswers.removeValue(forKey: id)?(.failure(error))
            }
        }
    }
}
