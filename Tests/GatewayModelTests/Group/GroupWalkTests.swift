import ClusterTestKit
import GatewayModel
import Testing

/// Shards that come, go, fail and come again in any order, re-shards in between, and effects that are performed late: what must hold nevertheless.
@Suite("Random walks of a group machine") struct GroupWalkTests {
    @Test("forget no shard, start none twice, and end what they began") func walks() {
        Walk.run(
            seeds: 0..<60,
            comingTo: [
                "again", "beforeRun", "isPresent", "groupEnded", "connectedAllShards", "reshardEnded", "reshardFailed", "reshardRequired", "fatal", "stale",
            ])
    }

    struct Walk: RandomWalk {
        /// One attachment of a shard, from `attachRequested` to `ended`.
        struct Attachment {
            let number: Int
            var isStarted = false
            var phase = ShardPhase.waiting
            var isStopped = false
        }

        var random: SeededGenerator
        var machine: GroupMachine
        var violations: [String] = []
        var seen: [String: Int] = [:]
        /// Decided and not performed, each with the attachments that it was for.
        private var effects: [(effect: GroupMachine.Effect, attachments: [Int])] = []
        private var attached: [ShardIdentity: Attachment] = [:]
        private var lastAttachment = 0
        private var known: Set<ShardIdentity> = []
        /// Of each shard, attachments whose end was not told.
        private var untold: [ShardIdentity: Int] = [:]
        private var isConnectedOwed = false
        /// Began and not settled, or asked for by somebody who waits.
        private var isReshardOpen = false
        private var openQuestions = 0
        private var hasBegun = false

        init(seed: UInt64) {
            var random = SeededGenerator(seed: seed)
            self.machine = GroupMachine(isAutomatic: Bool.random(using: &random))
            self.random = random
            for shard in ShardIdentity.all(of: Int.random(in: 1...3, using: &self.random)) { self.attach(shard) }
        }

        mutating func step() {
            switch Int.random(in: 0..<1_000, using: &self.random) {
            case 0..<80: self.attach(self.anyShard())
            case 80..<140: self.detach(self.anyShard())
            case 140..<150: self.begin()
            case 150..<500: self.changePhase()
            case 500..<600: self.endStopped()
            case 600..<606: self.endFatally()
            case 606..<640: self.requestReshard()
            case 640..<700: self.answer()
            case 700..<715: self.note(self.machine.recommendationLearned(self.bot()))
            case 715..<720: self.note(self.machine.gateFailed(for: self.anyShard(), "why") ?? [])
            default: for _ in 0..<Int.random(in: 1...4, using: &self.random) { self.performNext() }
            }
            self.check()
        }

        /// The group is stopped, and everything comes to its end.
        mutating func finish() {
            self.begin()
            self.note(self.machine.stopRequested())
            while !self.effects.isEmpty { self.performNext() }
            self.attach(self.anyShard())
            for shard in self.attached.keys.sorted() { self.end(shard, .stopped(nil)) }
            self.note(self.machine.runEnded())
            while !self.effects.isEmpty { self.performNext() }
            if !self.machine.shards.isEmpty { self.violations.append("attached after the end: \(self.machine.shards)") }
            if self.untold.values.contains(where: { $0 != 0 }) { self.violations.append("ends that nobody heard of: \(self.untold)") }
            if self.isReshardOpen { self.violations.append("a re-shard was not settled") }
            if self.machine.runRequested() != nil { self.violations.append("ran twice") }
        }

        // MARK: What the shell does

        private mutating func attach(_ shard: ShardIdentity) {
            do {
                let effects = try self.machine.attachRequested(shard)
                if self.attached[shard] != nil { self.violations.append("\(shard) was attached twice") }
                if self.known.contains(shard) { self.seen["again", default: 0] += 1 }
                if self.untold[shard, default: 0] > 0 { self.seen["stale", default: 0] += 1 }
                self.known.insert(shard)
                self.lastAttachment += 1
                self.attached[shard] = Attachment(number: self.lastAttachment)
                self.untold[shard, default: 0] += 1
                if !self.isOfNewSet(shard) { self.isConnectedOwed = true }
                self.note(effects)
            } catch .isPresent {
                self.seen["isPresent", default: 0] += 1
                if self.attached[shard] == nil { self.violations.append("\(shard) is not there") }
            } catch {
                self.seen["groupEnded", default: 0] += 1
                if self.machine.run != .stopping, self.machine.run != .ended { self.violations.append("refused before the end") }
            }
        }

        private mutating func detach(_ shard: ShardIdentity) {
            guard self.attached[shard] != nil else { return }
            guard let effects = self.machine.detachRequested([(shard, nil)]) else {
                self.attached[shard]?.isStopped = true
                return
            }
            self.seen["beforeRun", default: 0] += 1
            self.attached[shard] = nil
            self.note(effects)
        }

        private mutating func begin() {
            let effects = self.machine.runRequested()
            if (effects == nil) != self.hasBegun { self.violations.append("the run began \(self.hasBegun ? "twice" : "never")") }
            self.hasBegun = true
            self.note(effects ?? [])
        }

        private mutating func changePhase() {
            let running = self.attached.keys.sorted().filter { self.attached[$0]?.isStarted == true }
            guard let shard = running.randomElement(using: &self.random) else { return }
            let phase = Int.random(in: 0..<5, using: &self.random) == 0 ? ShardPhase.dialing : .live
            self.attached[shard]?.phase = phase
            self.note(self.machine.phaseChanged(shard, to: phase))
        }

        /// One that was asked to.
        private mutating func endStopped() {
            let stopped = self.attached.keys.sorted().filter { self.attached[$0]?.isStarted == true && self.attached[$0]?.isStopped == true }
            if let shard = stopped.randomElement(using: &self.random) { self.end(shard, .stopped(nil)) }
        }

        private mutating func endFatally() {
            let running = self.attached.keys.sorted().filter { self.attached[$0]?.isStarted == true }
            guard let shard = running.randomElement(using: &self.random) else { return }
            self.seen["fatal", default: 0] += 1
            self.end(shard, .fatal(code: [4010, 4011, 4011].randomElement(using: &self.random)!, .stopShardSet))
        }

        private mutating func end(_ shard: ShardIdentity, _ end: ShardEnd) {
            self.attached[shard] = nil
            let effects = self.machine.ended(shard, end)
            if !effects.contains(.report(.ended(shard, end))) { self.violations.append("the end of \(shard) is not told") }
            self.note(effects)
        }

        private mutating func requestReshard() {
            let count = Bool.random(using: &self.random) ? nil : Int.random(in: 1...5, using: &self.random)
            guard let effects = try? self.machine.reshardRequested(to: count) else { return }
            if self.isReshardOpen { self.violations.append("two re-shards at once") }
            self.isReshardOpen = true
            self.note(effects)
        }

        private mutating func answer() {
            guard self.openQuestions > 0 else { return }
            self.openQuestions -= 1
            self.note(self.machine.botAnswered(Int.random(in: 0..<6, using: &self.random) == 0 ? .failed(.unreachable("")) : self.bot()))
        }

        private mutating func bot() -> GroupMachine.BotAnswer {
            .bot(recommended: Int.random(in: 1...6, using: &self.random), total: 1000, remaining: 1000, resetAfterMilliseconds: 0)
        }

        private mutating func anyShard() -> ShardIdentity {
            let sets = Set(self.machine.shards.map(\.numShards)).sorted() + [2]
            let numShards = sets.randomElement(using: &self.random)!
            return ShardIdentity(id: ShardID(Int.random(in: 0..<numShards, using: &self.random)), numShards: numShards)
        }

        private func isOfNewSet(_ shard: ShardIdentity) -> Bool {
            self.newSet == shard.numShards
        }

        private var newSet: Int?

        private mutating func note(_ effects: [GroupMachine.Effect]) {
            for effect in effects {
                switch effect {
                case .start(let shard): self.effects.append((effect, [self.attached[shard]?.number ?? 0]))
                case .stop(let shards, _): self.effects.append((effect, shards.map { self.attached[$0]?.number ?? 0 }))
                case .report(let event):
                    self.decided(event)
                    self.effects.append((effect, []))
                case .askForBot: self.openQuestions += 1
                case .reshardSettled:
                    self.isReshardOpen = false
                    self.newSet = nil
                case .fail, .attach, .forget, .end: self.effects.append((effect, []))
                }
            }
        }

        private mutating func decided(_ event: LifecycleEvent) {
            switch event {
            case .connectedAllShards:
                self.seen["connectedAllShards", default: 0] += 1
                self.isConnectedOwed = false
            case .reshardBegan(_, let to, _):
                self.newSet = to
                self.isReshardOpen = true
            case .reshardEnded: self.seen["reshardEnded", default: 0] += 1
            case .reshardFailed: self.seen["reshardFailed", default: 0] += 1
            case .reshardRequired: self.seen["reshardRequired", default: 0] += 1
            default: break
            }
        }

        private mutating func performNext() {
            guard !self.effects.isEmpty else { return }
            let (effect, attachments) = self.effects.removeFirst()
            switch effect {
            case .start(let shard):
                guard self.attached[shard]?.number == attachments[0] else { return self.violations.append("\(shard) is started, and it is another") }
                if self.attached[shard]?.isStarted == true { self.violations.append("\(shard) is started twice") }
                if self.untold[shard] != 1 { self.violations.append("\(shard) is started before its last end is told") }
                self.attached[shard]?.isStarted = true
            case .stop(let shards, _):
                for (shard, number) in zip(shards, attachments) where self.attached[shard]?.number == number { self.attached[shard]?.isStopped = true }
            case .report(.ended(let shard, _)): self.untold[shard, default: 0] -= 1
            case .attach(let shards): for shard in shards { self.attach(shard) }
            case .report, .fail, .askForBot, .forget, .reshardSettled, .end: break
            }
        }

        // MARK: What must hold

        private mutating func check() {
            if self.machine.shards != self.attached.keys.sorted() {
                self.violations.append("attached are \(self.attached.keys.sorted()), the machine has \(self.machine.shards)")
            }
            let starting = Set(self.effects.compactMap { if case .start = $0.effect { $0.attachments.first } else { nil } })
            for (shard, attachment) in self.attached where !attachment.isStarted && self.hasBegun && !starting.contains(attachment.number) {
                self.violations.append("\(shard) is attached, does not run, and will not")
            }
            // What is being stopped is told of when it has ended.
            let stopping = Set(self.effects.flatMap { if case .stop = $0.effect { $0.attachments } else { [Int]() } })
            let isWhole = !self.attached.isEmpty && self.attached.values.allSatisfy { $0.phase == .live && !$0.isStopped && !stopping.contains($0.number) }
            if isWhole, self.newSet == nil, self.isConnectedOwed { self.violations.append("all are live, and nobody is told") }

        }
    }
}
