import GatewayModel

/// A shell around `MemberRequests`, whose command queue is always live unless it holds back. A chunk is "index/count".
struct MembersHarness {
    var requests: MemberRequests<String>
    var now = Instant(nanoseconds: 1_000_000_000_000)
    /// What went out, in order.
    var written: [GuildMembersRequest] = []
    var results: [UInt64: Result] = [:]
    /// Requests that ended twice.
    var surplus: [UInt64] = []
    var holdsBack = false
    /// What waits in the command queue.
    var held: [(id: CommandID, request: GuildMembersRequest)] = []
    private var next = UInt64(0)

    enum Result: Equatable {
        case complete([String])
        case failed(CommandError)
    }

    init(limits: MemberRequestLimits = MemberRequestLimits()) {
        self.requests = MemberRequests(noncePrefix: .max, limits: limits)
    }

    /// Of what went out, in order.
    var nonces: [String] { self.written.compactMap(\.nonce) }

    @discardableResult
    mutating func request(_ request: GuildMembersRequest, within time: Duration = .seconds(60)) -> UInt64 {
        self.next += 1
        self.perform(self.requests.request(CommandID(rawValue: self.next), request, deadline: self.now + time, at: self.now))
        return self.next
    }

    mutating func chunk(_ nonce: String?, _ guildID: Snowflake, _ index: Int, of count: Int, members: Int = 1) {
        self.perform(
            self.requests.chunkReceived(
                nonce: nonce, guildID: guildID, index: index, count: count, members: members, "\(index)/\(count)", at: self.now))
    }

    mutating func pass(_ time: Duration) {
        let end = self.now + time
        while let deadline = self.requests.deadline, deadline <= end {
            self.now = max(self.now, deadline)
            self.perform(self.requests.timePassed(to: self.now))
        }
        self.now = end
    }

    /// The command queue sends what it held back.
    mutating func release() {
        self.holdsBack = false
        let held = self.held
        self.held = []
        for (id, request) in held { self.write(id, request) }
    }

    /// The command queue gives up what it held back.
    mutating func fail(_ error: CommandError) {
        let held = self.held
        self.held = []
        for (id, _) in held { self.perform(self.requests.sendFailed(id, error, at: self.now)) }
    }

    mutating func perform(_ effects: [MemberRequestEffect<String>]) {
        for effect in effects {
            switch effect {
            case .send(let id, .requestGuildMembers(let request), deadline: _) where id.isMemberPayload:
                if self.holdsBack { self.held.append((id, request)) } else { self.write(id, request) }
            case .send(let id, _, deadline: _): self.surplus.append(id.rawValue)
            case .withdraw(let id): self.held.removeAll { $0.id == id }
            case .complete(let id, let chunks): self.end(id, .complete(chunks))
            case .fail(let id, let error): self.end(id, .failed(error))
            }
        }
    }

    private mutating func write(_ id: CommandID, _ request: GuildMembersRequest) {
        self.written.append(request)
        self.requests.sent(id, at: self.now)
    }

    private mutating func end(_ id: CommandID, _ result: Result) {
        guard self.results[id.rawValue] == nil else { return self.surplus.append(id.rawValue) }
        self.results[id.rawValue] = result
    }
}
