import ClusterTestKit
import GatewayModel
import Testing

@testable import ClusterModel

/// Random walks: workers take, answer, lose, die; shards move; the set is replaced. A worker that sends a command really sends it.
@Suite("Random walks of the router") struct CommandRouterWalkTests {
    struct Walk {
        var random: SeededGenerator
        var router = CommandRouter(epoch: CoordinatorEpoch(rawValue: 1))
        var now = Instant(nanoseconds: 1_000_000_000_000)
        var numShards = 3
        var generation = 1
        var holders: [ShardID: CommandRouter.Holder] = [:]
        var epochs: [ShardKey: Int64] = [:]
        var incarnations = ["a": 1, "b": 1]
        /// On their way to a worker, and with it.
        var inFlight: [CommandRouter.Told] = []
        var withWorker: [CommandRouter.Told] = []
        var asked = 0
        var sent: [Int: Int] = [:]
        var lastSent: [ShardKey: Int] = [:]
        var answers: [Int: Result<ShardID, CommandFailure>] = [:]
        var violations: [String] = []

        init(seed: UInt64) { self.random = SeededGenerator(seed: seed) }

        mutating func chance(_ share: Double) -> Bool { Double.random(in: 0..<1, using: &self.random) < share }

        mutating func step() {
            self.now = self.now + .milliseconds(Int64.random(in: 1...600, using: &self.random))
            var answers: [CommandRouter.Answer] = []
            switch Int.random(in: 0..<20, using: &self.random) {
            case 0..<6: self.ask()
            case 6..<9: self.move()
            case 9..<12: self.take()
            case 12..<16: self.work(&answers)
            case 16: self.lose(&answers)
            case 17: self.die(&answers)
            case 18: self.handOff(&answers)
            default: if self.chance(0.1) { self.reshard(&answers) }
            }
            self.router.timePassed(to: self.now, &answers)
            let places = self.router.waiting.map { shard in (shard, self.holders[shard].map { CommandRouter.Place.held($0) } ?? .nobody) }
            let told = self.router.tell(places, at: self.now, &answers)
            self.inFlight += told
            for told in told where self.answers[Self.number(told)] != nil { self.violations.append("\(Self.number(told)) is told after its answer") }
            self.check(answers)
        }

        private mutating func ask() {
            self.asked += 1
            let guild = UInt64.random(in: 0..<6, using: &self.random) << 22
            let command = GatewayCommand.updateVoiceState(VoiceStateUpdate(guildID: Snowflake(guild), channelID: Snowflake(UInt64(self.asked))))
            let request = CommandRequest(command, within: .seconds(Int64.random(in: 1...60, using: &self.random)))
            if let failure = self.router.accept(RequestID(rawValue: self.asked), request, numShards: self.numShards, at: self.now) {
                self.check([CommandRouter.Answer(request: RequestID(rawValue: self.asked), result: .failure(failure))])
            }
        }

        private mutating func move() {
            let shard = ShardID(Int.random(in: 0..<self.numShards, using: &self.random))
            guard self.holders[shard] == nil else { return }
            let key = ShardKey(generation: Generation(rawValue: self.generation), shard: shard)
            self.epochs[key, default: 0] += 1
            let worker = self.chance(0.5) ? "a" : "b"
            self.holders[shard] = CommandRouter.Holder(
                lease: ShardLease(key: key, epoch: AssignmentEpoch(rawValue: self.epochs[key]!)), worker: StableID(rawValue: worker),
                incarnation: Incarnation(rawValue: "\(worker)\(self.incarnations[worker]!)"))
        }

        /// The first one that is on its way arrives.
        private mutating func take() {
            guard let told = self.inFlight.first else { return }
            self.inFlight.removeFirst()
            self.withWorker.append(told)
        }

        /// A worker sends or refuses the oldest of some lease: its queue keeps the order.
        private mutating func work(_ answers: inout [CommandRouter.Answer]) {
            guard let first = self.withWorker.first else { return }
            self.withWorker.removeFirst()
            let isHeld = self.holders[first.holder.lease.key.shard] == first.holder
            if isHeld, self.chance(0.9) {
                self.send(first)
                self.router.ended(first.ticket, .sent, at: self.now, &answers)
            } else {
                self.router.ended(first.ticket, isHeld ? .rateLimited(retryAfter: .seconds(3)) : .notSent, at: self.now, &answers)
            }
        }

        private mutating func send(_ told: CommandRouter.Told) {
            let (number, key) = (Self.number(told), told.holder.lease.key)
            self.sent[number, default: 0] += 1
            if self.sent[number]! > 1 { self.violations.append("\(number) is sent twice") }
            if self.answers[number] != nil, !self.mayHaveBeenSent(number) { self.violations.append("\(number) is sent after \(self.answers[number]!)") }
            if let last = self.lastSent[key], last > number { self.violations.append("\(number) is sent after \(last) over \(key)") }
            self.lastSent[key] = number
        }

        private func mayHaveBeenSent(_ number: Int) -> Bool {
            if case .failure(.unknown)? = self.answers[number] { true } else { false }
        }

        /// A stream breaks: what was on its way is gone, and the worker says what it has.
        private mutating func lose(_ answers: inout [CommandRouter.Answer]) {
            let worker = StableID(rawValue: self.chance(0.5) ? "a" : "b")
            self.inFlight.removeAll { $0.holder.worker == worker }
            let reports = self.withWorker.filter { $0.holder.worker == worker }.map { CommandReport(ticket: $0.ticket, outcome: nil) }
            self.router.greeted(
                by: worker, Incarnation(rawValue: "\(worker)\(self.incarnations[worker.rawValue]!)"), knowing: reports, at: self.now, &answers)
        }

        /// It may have sent what it had just before.
        private mutating func die(_ answers: inout [CommandRouter.Answer]) {
            let worker = self.chance(0.5) ? "a" : "b"
            let id = StableID(rawValue: worker)
            for told in self.withWorker where told.holder.worker == id && self.holders[told.holder.lease.key.shard] == told.holder {
                guard self.chance(0.7) else { break }
                self.send(told)
            }
            self.withWorker.removeAll { $0.holder.worker == id }
            self.inFlight.removeAll { $0.holder.worker == id }
            self.incarnations[worker]! += 1
            if self.chance(0.5) {
                self.router.lost(id, &answers)
            } else {
                self.router.greeted(by: id, Incarnation(rawValue: "\(worker)\(self.incarnations[worker]!)"), knowing: [], at: self.now, &answers)
            }
            for (shard, holder) in self.holders where holder.worker == id { self.holders[shard] = nil }
        }

        /// A planned move: its worker answers for all that it has, at some time.
        private mutating func handOff(_ answers: inout [CommandRouter.Answer]) {
            guard let shard = self.holders.keys.sorted().randomElement(using: &self.random) else { return }
            self.holders[shard] = nil
        }

        private mutating func reshard(_ answers: inout [CommandRouter.Answer]) {
            self.numShards = Int.random(in: 1...4, using: &self.random)
            self.generation += 1
            self.holders = [:]
            self.router.shardSetReplaced(numShards: self.numShards, &answers)
        }

        private mutating func check(_ answers: [CommandRouter.Answer]) {
            for answer in answers {
                let number = answer.request.rawValue
                if let earlier = self.answers.updateValue(answer.result, forKey: number) {
                    self.violations.append("\(number) is answered twice, first \(earlier)")
                }
                switch answer.result {
                case .success: if self.sent[number] == nil { self.violations.append("\(number) is said to be sent") }
                case .failure(.unknown): break
                case .failure(let failure): if self.sent[number] != nil { self.violations.append("\(number) was sent, and is answered \(failure)") }
                }
            }
            if self.router.count > self.asked - self.answers.count { self.violations.append("more is open than was asked for") }
        }

        static func number(_ told: CommandRouter.Told) -> Int {
            guard case .updateVoiceState(let update) = told.command else { return 0 }
            return Int(update.channelID?.rawValue ?? 0)
        }
    }

    @Test("D23: never sent twice, answered once and truthfully, in order for each shard, and nothing is left at the end") func walk() {
        var followed = 0
        for seed in UInt64(0)..<150 {
            var walk = Walk(seed: seed)
            for step in 0..<600 {
                walk.step()
                guard walk.violations.isEmpty else {
                    Issue.record("\(walk.violations), replay with seed \(seed), step \(step)")
                    return
                }
            }
            walk.now = walk.now + .seconds(63)
            var answers: [CommandRouter.Answer] = []
            walk.router.timePassed(to: walk.now, &answers)
            walk.router.timePassed(to: walk.now, &answers)
            #expect(walk.router.count == 0 && walk.answers.count + answers.count == walk.asked, "seed \(seed)")
            followed += walk.sent.count
        }
        #expect(followed > 1000)
    }
}
