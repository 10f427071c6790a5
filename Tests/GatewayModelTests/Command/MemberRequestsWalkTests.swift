import ClusterTestKit
import GatewayModel
import Testing

/// Any request at any time, against a Discord that answers late, twice, in any order, refuses, and loses sessions.
@Suite("Random walks of member requests") struct MemberRequestsWalkTests {
    @Test("end each request once, with its own whole answer, and keep the 30 s of full lists") func walks() {
        Walk.run(
            seeds: 0..<100,
            comingTo: ["complete", "joined", "timedOut", "rateLimited", "notConnected", "queueFull", "cancelled", "withdraw", "refused", "askedAgain"])
    }

    struct Walk: RandomWalk {
        var random: SeededGenerator
        var requests: MemberRequests<String>
        var now = Instant(nanoseconds: 1_000_000_000_000)
        var violations: [String] = []
        var seen: [String: Int] = [:]
        var next = UInt64(0)
        /// Without a result.
        var open: [UInt64: (guildID: Snowflake, deadline: Instant)] = [:]
        /// With the command queue.
        var queued: [(id: CommandID, request: GuildMembersRequest, deadline: Instant)] = []
        var payloads: Set<UInt64> = []
        /// What Discord is going to send, or has sent in this session.
        var chunks: [(request: GuildMembersRequest, index: Int, count: Int, isSent: Bool)] = []
        var lists: [Snowflake: Instant] = [:]
        var nonces: Set<String> = []

        init(seed: UInt64) {
            self.random = SeededGenerator(seed: seed)
            self.requests = MemberRequests(noncePrefix: seed, limits: MemberRequestLimits(maxRequests: 20))
        }

        mutating func step() {
            switch Int.random(in: 0..<100, using: &self.random) {
            case 0..<25: self.request()
            case 25..<45: self.write()
            case 45..<75: self.deliver()
            case 75..<85: self.pass(.milliseconds(Int.random(in: 0...2_000, using: &self.random)))
            case 85..<90: self.pass(.milliseconds(Int.random(in: 0...20_000, using: &self.random)))
            case 90..<94: if self.next > 0 { self.cancel(UInt64.random(in: 1...self.next, using: &self.random)) }
            case 94, 95: self.resume()
            case 96: self.loseSession()
            default: self.giveUp()
            }
            if self.requests.count > 20 { self.violations.append("\(self.requests.count) wait") }
            if self.requests.count != self.open.count { self.violations.append("\(self.requests.count) wait, \(self.open.count) have no result") }
        }

        mutating func finish() {
            self.pass(.seconds(200))
            if !self.open.isEmpty { self.violations.append("without a result: \(self.open.keys.sorted())") }
            if self.requests.deadline != nil { self.violations.append("a deadline for nothing") }
        }

        private mutating func request() {
            self.next += 1
            let guildID = Snowflake(UInt64.random(in: 1...6, using: &self.random))
            let selection = [GuildMembersRequest.Selection.everyone, .users([1]), .prefix("a", limit: 5)].randomElement(using: &self.random)!
            let request = GuildMembersRequest(guildID: guildID, selection, presences: Int.random(in: 0..<4, using: &self.random) == 0)
            let deadline = self.now + .milliseconds(Int.random(in: 0...100_000, using: &self.random))
            let before = self.queued.count
            self.open[self.next] = (guildID, deadline)
            self.perform(self.requests.request(CommandID(rawValue: self.next), request, deadline: deadline, at: self.now))
            if self.queued.count == before, self.open[self.next] != nil { self.seen["joined", default: 0] += 1 }
        }

        private mutating func cancel(_ id: UInt64) {
            self.perform(self.requests.cancel(CommandID(rawValue: id)))
            if self.open[id] != nil { self.violations.append("\(id) was cancelled and waits") }
        }

        /// The command queue sends what waits longest.
        private mutating func write() {
            guard !self.queued.isEmpty else { return }
            let (id, request, _) = self.queued.removeFirst()
            self.requests.sent(id, at: self.now)
            if Int.random(in: 0..<10, using: &self.random) == 0 {
                // Lost with the connection, or another process of this bot asked first.
                guard request.isFullList, Bool.random(using: &self.random) else { return }
                self.seen["refused", default: 0] += 1
                let retryAfter = Duration.milliseconds(Int.random(in: 0...40_000, using: &self.random))
                self.lists[request.guildID] = nil
                self.perform(
                    self.requests.rateLimited(
                        guildID: request.guildID, nonce: Bool.random(using: &self.random) ? request.nonce : nil, retryAfter: retryAfter, at: self.now))
                return
            }
            if request.isFullList {
                if let last = self.lists[request.guildID], self.now < last + .seconds(30) { self.violations.append("two full lists in 30 s") }
                self.lists[request.guildID] = self.now
            }
            if let nonce = request.nonce, !self.nonces.insert(nonce).inserted { self.seen["askedAgain", default: 0] += 1 }
            guard !self.chunks.contains(where: { $0.request.nonce == request.nonce }) else { return }
            let count = Int.random(in: 1...4, using: &self.random)
            self.chunks += (0..<count).map { (request, $0, count, false) }
        }

        private mutating func deliver() {
            guard let index = self.chunks.indices.randomElement(using: &self.random) else { return }
            self.chunks[index].isSent = true
            let (request, number, count, _) = self.chunks[index]
            self.perform(
                self.requests.chunkReceived(
                    nonce: request.nonce, guildID: request.guildID, index: number, count: count, members: 1, "\(request.guildID):\(number)/\(count)",
                    at: self.now))
            if self.chunks.allSatisfy({ $0.request.nonce != request.nonce || $0.isSent }) { self.chunks.removeAll { $0.request.nonce == request.nonce } }
        }

        /// Some chunks come again.
        private mutating func resume() {
            for index in self.chunks.indices where Bool.random(using: &self.random) { self.chunks[index].isSent = false }
            self.perform(self.requests.resumed(at: self.now))
        }

        private mutating func loseSession() {
            self.chunks = []
            self.perform(self.requests.sessionLost(at: self.now))
        }

        /// The command queue refuses what waits longest.
        private mutating func giveUp() {
            guard !self.queued.isEmpty else { return }
            let id = self.queued.removeFirst().id
            let error = [CommandError.notConnected, .queueFull(limit: 1), .rateLimited(retryAfter: .seconds(5))].randomElement(using: &self.random)!
            self.perform(self.requests.sendFailed(id, error, at: self.now))
        }

        private mutating func pass(_ time: Duration) {
            let end = self.now + time
            while true {
                // The command queue keeps its deadlines.
                let due = self.queued.map(\.deadline).min()
                guard let next = [self.requests.deadline, due].compactMap({ $0 }).min(), next <= end else { break }
                self.now = max(self.now, next)
                if let index = self.queued.firstIndex(where: { $0.deadline <= self.now }) {
                    self.perform(self.requests.sendFailed(self.queued.remove(at: index).id, .notConnected, at: self.now))
                }
                self.perform(self.requests.timePassed(to: self.now))
                if let deadline = self.requests.deadline, deadline <= self.now { self.violations.append("a deadline that never passes") }
                for (id, request) in self.open where request.deadline <= self.now { self.violations.append("\(id) waits beyond its deadline") }
                if !self.violations.isEmpty { return }
            }
            self.now = end
        }

        private mutating func perform(_ effects: [MemberRequestEffect<String>]) {
            for effect in effects {
                switch effect {
                case .send(let id, .requestGuildMembers(let request), let deadline):
                    if !self.payloads.insert(id.rawValue).inserted || !id.isMemberPayload { self.violations.append("the id \(id) of a payload came twice") }
                    self.queued.append((id, request, deadline))
                case .send: self.violations.append("another command")
                case .withdraw(let id):
                    self.seen["withdraw", default: 0] += 1
                    if !self.queued.contains(where: { $0.id == id }) { self.violations.append("\(id) was withdrawn and does not wait") }
                    self.queued.removeAll { $0.id == id }
                case .complete(let id, let chunks): self.complete(id, chunks)
                case .fail(let id, let error): self.fail(id, error)
                }
            }
        }

        private mutating func complete(_ id: CommandID, _ chunks: [String]) {
            self.seen["complete", default: 0] += 1
            guard let request = self.open.removeValue(forKey: id.rawValue) else { return self.violations.append("\(id) has two results") }
            let expected = chunks.indices.map { "\(request.guildID):\($0)/\(chunks.count)" }
            if chunks != expected || chunks.isEmpty { self.violations.append("\(id) of guild \(request.guildID) got \(chunks)") }
            if request.deadline <= self.now { self.violations.append("\(id) is complete after its deadline") }
        }

        private mutating func fail(_ id: CommandID, _ error: CommandError) {
            guard let request = self.open.removeValue(forKey: id.rawValue) else { return self.violations.append("\(id) has two results") }
            switch error {
            case .timedOut:
                self.seen["timedOut", default: 0] += 1
                if self.now < request.deadline { self.violations.append("\(id) timed out before its deadline") }
            case .rateLimited(let retryAfter):
                self.seen["rateLimited", default: 0] += 1
                if self.now + retryAfter < request.deadline { self.violations.append("\(id) had the time to wait") }
            case .notConnected: self.seen["notConnected", default: 0] += 1
            case .queueFull: self.seen["queueFull", default: 0] += 1
            case .cancelled: self.seen["cancelled", default: 0] += 1
            case .invalid, .tooLarge, .nonceInUse, .answerTooLarge, .badAnswer: self.violations.append("\(id): \(error)")
            }
        }
    }
}
