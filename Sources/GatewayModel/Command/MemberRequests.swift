/// Turns member requests of one shard into whole answers: chunks in any order, over resumes and new sessions, within the rule for full lists.
///
/// A full list of a guild may be asked for once in 30 s. It is kept for this shard, which all requests of the guild go through; another process that
/// runs the same shard of another shard set is told by Discord's RATE_LIMITED, and waits. Source: Discord docs, Gateway Events › Request Guild Members.
package struct MemberRequests<Chunk: Sendable>: Sendable {
    package let limits: MemberRequestLimits
    /// When `timePassed` is wanted next; may be past. `nil`: only inputs matter.
    package private(set) var deadline: Instant?

    /// - Parameter noncePrefix: Random: chunks that another process asked for, and a resumed session replays here, must not fit.
    package init(noncePrefix: UInt64, limits: MemberRequestLimits = MemberRequestLimits()) {
        self.limits = limits
        self.noncePrefix = String(noncePrefix, radix: 36)
    }

    /// Callers that wait.
    package var count: Int { self.flights.reduce(0) { $0 + $1.waiters.count } }

    // MARK: Requests

    /// - Parameters:
    ///   - request: Passed `GatewayCommand.check`. Without nonce it gets one; a full list that is under way already is joined.
    ///   - deadline: For the last chunk.
    package mutating func request(
        _ id: CommandID, _ request: GuildMembersRequest, deadline: Instant, at now: Instant
    ) -> [MemberRequestEffect<Chunk>] {
        guard !self.hasEnded else { return [.fail(id, .notConnected)] }
        guard now < deadline else { return [.fail(id, .timedOut(received: 0, of: nil))] }
        guard self.count < self.limits.maxRequests else { return [.fail(id, .queueFull(limit: self.limits.maxRequests))] }
        if let nonce = request.nonce, self.flights.contains(where: { $0.nonce == nonce }) { return [.fail(id, .nonceInUse(nonce))] }
        var effects: [MemberRequestEffect<Chunk>] = []
        let waiter = Waiter(id: id, deadline: deadline)
        if request.isFullList, request.nonce == nil,
            let index = self.flights.firstIndex(where: {
                $0.request.isFullList && $0.request.guildID == request.guildID && $0.request.presences == request.presences
            })
        {
            self.flights[index].waiters.append(waiter)
            if case .waiting(let until) = self.flights[index].state { self.wait(self.flights[index].nonce, until: until, at: now, &effects) }
        } else {
            var request = request
            let nonce = request.nonce ?? self.unusedNonce()
            request.nonce = nonce
            self.flights.append(Flight(nonce: nonce, request: request, waiters: [waiter]))
            self.begin(nonce, at: now, &effects)
        }
        self.refresh()
        return effects
    }

    /// Nobody waits for this answer any more. No effect once it has its result.
    package mutating func cancel(_ id: CommandID) -> [MemberRequestEffect<Chunk>] {
        guard let index = self.flights.firstIndex(where: { $0.waiters.contains { $0.id == id } }) else { return [] }
        var effects: [MemberRequestEffect<Chunk>] = [.fail(id, .cancelled)]
        self.flights[index].waiters.removeAll { $0.id == id }
        self.dropUnwanted(&effects)
        self.refresh()
        return effects
    }

    /// The shard ended.
    package mutating func end() -> [MemberRequestEffect<Chunk>] {
        let effects = self.flights.flatMap(\.waiters).map { MemberRequestEffect<Chunk>.fail($0.id, .notConnected) }
        self.flights = []
        self.hasEnded = true
        self.deadline = nil
        return effects
    }

    // MARK: The payload's way out

    /// The payload of an earlier `send` was written.
    package mutating func sent(_ id: CommandID, at now: Instant) {
        guard let index = self.index(ofPayload: id) else { return }
        self.flights[index].state = .awaiting(askAgain: nil)
        if self.flights[index].request.isFullList { self.listed(self.flights[index].request.guildID, again: now + Self.fullListWindow, isSent: true) }
    }

    /// The payload of an earlier `send` was not written and will not be.
    package mutating func sendFailed(_ id: CommandID, _ error: CommandError, at now: Instant) -> [MemberRequestEffect<Chunk>] {
        guard let index = self.index(ofPayload: id), case .handedOn(_, let deadline) = self.flights[index].state else { return [] }
        var effects: [MemberRequestEffect<Chunk>] = []
        let nonce = self.flights[index].nonce
        self.unlist(self.flights[index])
        switch error {
        case .rateLimited(let retryAfter): self.wait(nonce, until: now + max(retryAfter, CommandLimits.writeRetry), at: now, &effects)
        case .notConnected where now >= deadline:
            // Who joined later may have more time.
            let late = self.flights[index].waiters.filter { $0.deadline <= now }
            self.flights[index].waiters.removeAll { $0.deadline <= now }
            effects += late.map { .fail($0.id, error) }
            if self.flights[index].waiters.isEmpty { self.flights.remove(at: index) } else { self.begin(nonce, at: now, &effects) }
        case .invalid, .notConnected, .tooLarge, .queueFull, .cancelled, .timedOut, .nonceInUse, .answerTooLarge, .badAnswer:
            effects += self.flights.remove(at: index).waiters.map { .fail($0.id, error) }
        }
        self.refresh()
        return effects
    }

    // MARK: What Discord sends

    /// GUILD_MEMBERS_CHUNK. What nobody here asked for, and what came before, is ignored.
    ///
    /// - Parameter members: How many the chunk holds.
    package mutating func chunkReceived(
        nonce: String?, guildID: Snowflake, index: Int, count: Int, members: Int, _ chunk: Chunk, at now: Instant
    ) -> [MemberRequestEffect<Chunk>] {
        guard let nonce, let flight = self.flights.firstIndex(where: { $0.nonce == nonce && $0.request.guildID == guildID }) else { return [] }
        var effects: [MemberRequestEffect<Chunk>] = []
        if let error = self.flights[flight].take(chunk, index: index, count: count, members: members, limits: self.limits) {
            self.finish(flight, &effects) { .fail($0, error) }
        } else if self.flights[flight].isComplete {
            let chunks = self.flights[flight].chunks.compactMap { $0 }
            self.finish(flight, &effects) { .complete($0, chunks) }
        } else {
            // It was to be asked again, for want of any answer.
            if case .handedOn(let id, _) = self.flights[flight].state { effects.append(.withdraw(id)) }
            self.flights[flight].state = .awaiting(askAgain: nil)
        }
        self.refresh()
        return effects
    }

    /// RATE_LIMITED with `opcode` 8: this request was refused and is asked again once `retryAfter` is over.
    package mutating func rateLimited(guildID: Snowflake, nonce: String?, retryAfter: Duration, at now: Instant) -> [MemberRequestEffect<Chunk>] {
        let retryAfter = min(max(retryAfter, MemberRequestLimits.retryAfter.lowerBound), MemberRequestLimits.retryAfter.upperBound)
        let index = self.flights.firstIndex {
            guard $0.request.guildID == guildID, case .awaiting = $0.state, $0.received == 0 else { return false }
            return nonce == nil ? $0.request.isFullList : $0.nonce == nonce
        }
        guard let index else { return [] }
        var effects: [MemberRequestEffect<Chunk>] = []
        if self.flights[index].request.isFullList { self.listed(guildID, again: now + retryAfter, isSent: true) }
        self.wait(self.flights[index].nonce, until: now + retryAfter, at: now, &effects)
        self.refresh()
        return effects
    }

    /// RESUMED came, after all that was replayed. What has no answer at all may not have reached Discord before the connection broke: it is asked again.
    package mutating func resumed(at now: Instant) -> [MemberRequestEffect<Chunk>] {
        for index in self.flights.indices {
            guard case .awaiting = self.flights[index].state, self.flights[index].received == 0 else { continue }
            let guildID = self.flights[index].request.guildID
            let list = self.flights[index].request.isFullList ? self.lists.first { $0.guildID == guildID } : nil
            self.flights[index].state = .awaiting(askAgain: list?.again ?? now)
        }
        return self.timePassed(to: now)
    }

    /// The session is gone, and with it every answer under way: all is asked again, of the next one. At its READY at the latest.
    package mutating func sessionLost(at now: Instant) -> [MemberRequestEffect<Chunk>] {
        var effects: [MemberRequestEffect<Chunk>] = []
        for flight in self.flights {
            guard case .awaiting = flight.state, let index = self.flights.firstIndex(where: { $0.nonce == flight.nonce }) else { continue }
            self.flights[index].forgetAnswer()
            self.begin(flight.nonce, at: now, &effects)
        }
        self.refresh()
        return effects
    }

    package mutating func timePassed(to now: Instant) -> [MemberRequestEffect<Chunk>] {
        var effects: [MemberRequestEffect<Chunk>] = []
        self.expire(at: now, &effects)
        for flight in self.flights {
            if let due = flight.due, due <= now { self.begin(flight.nonce, at: now, &effects) }
        }
        self.refresh()
        return effects
    }

    // MARK: State

    private let noncePrefix: String
    /// In the order in which they were asked for.
    private var flights: [Flight] = []
    /// Full lists that were asked for: when their guild may be asked again.
    private var lists: [List] = []
    private var nonces: UInt64 = 0
    private var payloads: UInt64 = 0
    private var hasEnded = false

    private struct Waiter: Sendable {
        let id: CommandID
        let deadline: Instant
    }

    private struct List: Sendable {
        let guildID: Snowflake
        var again: Instant
        var isSent: Bool
    }

    private enum State: Sendable {
        /// Not sent, or refused. Next: `handedOn`, at that time.
        case waiting(until: Instant)
        /// With the command queue. Next: `awaiting`, once it is written.
        case handedOn(CommandID, deadline: Instant)
        /// Sent. With a time: it may not have reached Discord, and goes out once more if nothing has come by then.
        case awaiting(askAgain: Instant?)
    }

    private struct Flight: Sendable {
        let nonce: String
        let request: GuildMembersRequest
        var waiters: [Waiter]
        var state = State.awaiting(askAgain: nil)
        /// By index; as many as the answer has, once one came.
        var chunks: [Chunk?] = []
        var received = 0
        var members = 0

        /// When it goes out next.
        var due: Instant? {
            switch self.state {
            case .waiting(let until): until
            case .awaiting(let askAgain): askAgain
            case .handedOn: nil
            }
        }

        var isComplete: Bool { !self.chunks.isEmpty && self.received == self.chunks.count }

        mutating func forgetAnswer() {
            self.chunks = []
            self.received = 0
            self.members = 0
        }

        /// - Returns: Why there is no use in going on.
        mutating func take(_ chunk: Chunk, index: Int, count: Int, members: Int, limits: MemberRequestLimits) -> CommandError? {
            guard count >= 1, 0..<count ~= index else { return .badAnswer("a chunk has the index \(index) of \(count)") }
            guard count <= limits.maxChunks else { return .answerTooLarge(what: "chunks", limit: limits.maxChunks) }
            if self.chunks.isEmpty { self.chunks = Array(repeating: nil, count: count) }
            guard count == self.chunks.count else { return .badAnswer("one chunk is of \(self.chunks.count), another of \(count)") }
            guard self.chunks[index] == nil else { return nil }
            guard members <= limits.maxMembers - self.members else { return .answerTooLarge(what: "members", limit: limits.maxMembers) }
            self.chunks[index] = chunk
            self.received += 1
            self.members += members
            return nil
        }
    }

    /// Longer than Discord's window: the first request may take longer to arrive than the second.
    private static var fullListWindow: Duration { MemberRequestLimits.fullListWindow + CommandLimits.margin }

    private mutating func unusedNonce() -> String {
        while true {
            self.nonces += 1
            let nonce = "\(self.noncePrefix)-\(String(self.nonces, radix: 36))"
            if !self.flights.contains(where: { $0.nonce == nonce }) { return nonce }
        }
    }

    private func index(ofPayload id: CommandID) -> Int? {
        self.flights.firstIndex { if case .handedOn(id, _) = $0.state { true } else { false } }
    }

    private func isHandedOn(listOf guildID: Snowflake, otherThan nonce: String) -> Bool {
        self.flights.contains {
            guard case .handedOn = $0.state else { return false }
            return $0.request.isFullList && $0.request.guildID == guildID && $0.nonce != nonce
        }
    }

    /// Hands the request on, or waits until its guild may be asked.
    private mutating func begin(_ nonce: String, at now: Instant, _ effects: inout [MemberRequestEffect<Chunk>]) {
        guard let index = self.flights.firstIndex(where: { $0.nonce == nonce }) else { return }
        let request = self.flights[index].request
        self.lists.removeAll { $0.again <= now }
        if request.isFullList {
            // One that the queue still holds back: 30 s from now at the earliest.
            if self.isHandedOn(listOf: request.guildID, otherThan: nonce) { return self.wait(nonce, until: now + Self.fullListWindow, at: now, &effects) }
            if let list = self.lists.first(where: { $0.guildID == request.guildID }) { return self.wait(nonce, until: list.again, at: now, &effects) }
            self.listed(request.guildID, again: now + Self.fullListWindow, isSent: false)
        }
        self.payloads += 1
        let id = CommandID(memberPayload: self.payloads)
        let deadline = self.flights[index].waiters.reduce(now) { max($0, $1.deadline) }
        self.flights[index].state = .handedOn(id, deadline: deadline)
        effects.append(.send(id, .requestGuildMembers(request), deadline: deadline))
    }

    /// Whoever has less time than that is told at once.
    private mutating func wait(_ nonce: String, until: Instant, at now: Instant, _ effects: inout [MemberRequestEffect<Chunk>]) {
        guard let index = self.flights.firstIndex(where: { $0.nonce == nonce }) else { return }
        let hopeless = self.flights[index].waiters.filter { $0.deadline <= until }
        self.flights[index].waiters.removeAll { $0.deadline <= until }
        self.flights[index].state = .waiting(until: until)
        effects += hopeless.map { .fail($0.id, .rateLimited(retryAfter: until - now)) }
        if self.flights[index].waiters.isEmpty { self.flights.remove(at: index) }
    }

    private mutating func finish(
        _ index: Int, _ effects: inout [MemberRequestEffect<Chunk>], _ result: (CommandID) -> MemberRequestEffect<Chunk>
    ) {
        let flight = self.flights.remove(at: index)
        if case .handedOn(let id, _) = flight.state { effects.append(.withdraw(id)) }
        effects += flight.waiters.map { result($0.id) }
    }

    private mutating func expire(at now: Instant, _ effects: inout [MemberRequestEffect<Chunk>]) {
        for index in self.flights.indices {
            let flight = self.flights[index]
            for waiter in flight.waiters where waiter.deadline <= now {
                effects.append(.fail(waiter.id, .timedOut(received: flight.received, of: flight.chunks.isEmpty ? nil : flight.chunks.count)))
            }
            self.flights[index].waiters.removeAll { $0.deadline <= now }
        }
        self.dropUnwanted(&effects)
    }

    private mutating func dropUnwanted(_ effects: inout [MemberRequestEffect<Chunk>]) {
        for flight in self.flights where flight.waiters.isEmpty {
            guard case .handedOn(let id, _) = flight.state else { continue }
            self.unlist(flight)
            effects.append(.withdraw(id))
        }
        self.flights.removeAll(where: \.waiters.isEmpty)
    }

    private mutating func listed(_ guildID: Snowflake, again: Instant, isSent: Bool) {
        self.lists.removeAll { $0.guildID == guildID }
        self.lists.append(List(guildID: guildID, again: again, isSent: isSent))
    }

    /// It did not go out, so it does not count.
    private mutating func unlist(_ flight: Flight) {
        guard flight.request.isFullList else { return }
        self.lists.removeAll { $0.guildID == flight.request.guildID && !$0.isSent }
    }

    private mutating func refresh() {
        var next: Instant?
        for flight in self.flights {
            for waiter in flight.waiters { next = min(next ?? waiter.deadline, waiter.deadline) }
            if let due = flight.due { next = min(next ?? due, due) }
        }
        self.deadline = next
    }
}
