import GatewayModel
import Testing

@testable import ClusterModel

@Suite("The router of commands") struct CommandRouterTests {
    /// Its shards' holders are what the test says; what is told and answered is kept.
    struct Bench {
        var router = CommandRouter(epoch: CoordinatorEpoch(rawValue: 5))
        var now = Instant(nanoseconds: 1_000_000_000_000)
        var numShards = 4
        var places: [ShardID: CommandRouter.Place] = [:]
        var told: [CommandRouter.Told] = []
        var answers: [CommandRouter.Answer] = []
        private var requests = 0

        /// Guild `n << 22` is on shard `n`.
        @discardableResult
        mutating func ask(_ shard: Int, byShard: Bool = false, within limit: Duration = .seconds(30)) -> CommandFailure? {
            self.requests += 1
            let command = GatewayCommand.updateVoiceState(
                VoiceStateUpdate(guildID: Snowflake(UInt64(shard) << 22), channelID: Snowflake(UInt64(self.requests))))
            let failure = self.router.accept(
                RequestID(rawValue: self.requests), CommandRequest(command, to: byShard ? .shard(ShardID(shard)) : nil, within: limit),
                numShards: self.numShards, at: self.now)
            self.step()
            return failure
        }

        mutating func step() {
            self.router.timePassed(to: self.now, &self.answers)
            self.told += self.router.tell(
                self.router.waiting.map { ($0, self.places[$0] ?? .nobody) }, at: self.now, &self.answers)
        }

        mutating func pass(_ time: Duration) {
            self.now = self.now + time
            self.step()
        }

        mutating func hold(_ shard: Int, _ worker: String, epoch: Int64 = 1, generation: Int = 1) {
            self.places[ShardID(shard)] = .held(Self.holder(shard, worker, epoch: epoch, generation: generation))
            self.step()
        }

        mutating func free(_ shard: Int) { self.places[ShardID(shard)] = nil }

        mutating func end(_ index: Int, _ outcome: ForwardOutcome) {
            self.router.ended(self.told[index].ticket, outcome, at: self.now, &self.answers)
            self.step()
        }

        /// The requests that were told, in order, by the channel that each names.
        var toldRequests: [Int] {
            self.told.map { told in
                guard case .updateVoiceState(let update) = told.command else { return 0 }
                return Int(update.channelID?.rawValue ?? 0)
            }
        }

        var results: [Int: Result<ShardID, CommandFailure>] { Dictionary(uniqueKeysWithValues: self.answers.map { ($0.request.rawValue, $0.result) }) }

        static func holder(_ shard: Int, _ worker: String, epoch: Int64 = 1, generation: Int = 1) -> CommandRouter.Holder {
            CommandRouter.Holder(
                lease: lease(shard, epoch: epoch, generation: generation), worker: StableID(rawValue: worker), incarnation: Incarnation(rawValue: "\(worker)-1")
            )
        }
    }

    @Test("D24: a command goes to the holder of its guild's shard, with what is left of its time, and is answered once") func forwards() {
        var bench = Bench()
        bench.ask(2, within: .seconds(10))
        #expect(bench.told.isEmpty)
        bench.pass(.seconds(3))
        bench.hold(2, "a")
        #expect(bench.told.map(\.holder) == [Bench.holder(2, "a")])
        #expect(bench.told[0].limit == .seconds(7))
        #expect(bench.told[0].ticket == CommandTicket(epoch: CoordinatorEpoch(rawValue: 5), number: 1))
        bench.end(0, .sent)
        bench.end(0, .sent)
        #expect(bench.answers == [CommandRouter.Answer(request: RequestID(rawValue: 1), result: .success(ShardID(2)))])
        #expect(bench.router.count == 0 && bench.router.deadline == nil)
    }

    @Test("D23: what was not sent follows its shard to the next holder, in the order of arrival") func follows() {
        var bench = Bench()
        bench.hold(1, "a")
        for _ in 0..<3 { bench.ask(1) }
        bench.free(1)
        bench.ask(1)
        bench.end(2, .notSent)
        bench.hold(1, "b", epoch: 2)
        #expect(bench.told.count == 3, "the first two may still have been sent by the old holder")
        bench.end(0, .notSent)
        bench.end(1, .sent)
        #expect(bench.toldRequests == [1, 2, 3, 1, 3, 4])
        #expect(Set(bench.told.map(\.ticket)).count == 6, "a ticket is for one holder")
        #expect(bench.told[3...].allSatisfy { $0.holder == Bench.holder(1, "b", epoch: 2) })
        for index in 3..<6 { bench.end(index, .sent) }
        #expect(bench.answers.count == 4 && bench.answers.allSatisfy { $0.result == .success(ShardID(1)) })
    }

    @Test("a worker that died without an answer may have sent it: nobody is told it again") func dies() {
        var bench = Bench()
        bench.hold(1, "a")
        bench.ask(1)
        bench.router.lost(StableID(rawValue: "a"), &bench.answers)
        bench.free(1)
        bench.hold(1, "b", epoch: 2)
        bench.pass(.seconds(60))
        #expect(bench.told.count == 1)
        guard case .failure(.unknown)? = bench.results[1] else {
            Issue.record("\(bench.answers)")
            return
        }
    }

    @Test("a goodbye says that nothing is left: what it did not answer never reached it") func goodbye() {
        var bench = Bench()
        bench.hold(1, "a")
        bench.ask(1)
        bench.router.saidGoodbye(StableID(rawValue: "a"), at: bench.now, &bench.answers)
        bench.free(1)
        bench.hold(1, "b", epoch: 2)
        #expect(bench.toldRequests == [1, 1] && bench.answers.isEmpty)
    }

    @Test("on a new stream a worker says what it knows: the rest was lost with the old one and is told again") func greets() {
        var bench = Bench()
        bench.hold(1, "a")
        for _ in 0..<3 { bench.ask(1) }
        let a = Bench.holder(1, "a")
        bench.router.greeted(
            by: a.worker, a.incarnation,
            knowing: [CommandReport(ticket: bench.told[0].ticket, outcome: .sent), CommandReport(ticket: bench.told[1].ticket, outcome: nil)],
            at: bench.now, &bench.answers)
        bench.step()
        #expect(bench.results == [1: .success(ShardID(1))])
        #expect(bench.toldRequests == [1, 2, 3, 3])
        // Another process under the same name: what it does not know of died with the one before.
        bench.router.greeted(by: a.worker, Incarnation(rawValue: "a-2"), knowing: [], at: bench.now, &bench.answers)
        bench.step()
        #expect(bench.told.count == 4)
        for request in [2, 3] {
            guard case .failure(.unknown)? = bench.results[request] else {
                Issue.record("\(bench.answers)")
                return
            }
        }
    }

    @Test("after a fence the same process says what became of it, under its new name") func fenced() {
        var bench = Bench()
        bench.hold(1, "a")
        bench.ask(1)
        bench.router.greeted(
            by: StableID(rawValue: "a"), Incarnation(rawValue: "a-2"), knowing: [CommandReport(ticket: bench.told[0].ticket, outcome: .notSent)], at: bench.now,
            &bench.answers)
        bench.hold(1, "b", epoch: 2)
        #expect(bench.toldRequests == [1, 1] && bench.answers.isEmpty)
    }

    @Test("what is not sent by its deadline surely was not, unless a worker has it and says nothing for two seconds more") func deadlines() {
        var bench = Bench()
        bench.ask(1, within: .seconds(2))
        bench.hold(2, "a")
        bench.ask(2, within: .seconds(2))
        bench.ask(2, within: .seconds(2))
        bench.pass(.seconds(2))
        #expect(bench.results == [1: .failure(.expired(within: .seconds(2)))])
        bench.end(0, .notSent)
        #expect(bench.results[2] == .failure(.expired(within: .seconds(2))))
        bench.pass(.milliseconds(1_999))
        #expect(bench.results[3] == nil)
        bench.pass(.milliseconds(1))
        guard case .failure(.unknown)? = bench.results[3] else {
            Issue.record("\(bench.answers)")
            return
        }
        bench.end(1, .sent)
        #expect(bench.answers.count == 3)
    }

    @Test("a lease that was said not to be held is left alone for a second; another one is not") func pause() {
        var bench = Bench()
        bench.hold(1, "a")
        bench.ask(1)
        bench.end(0, .notHeld)
        #expect(bench.told.count == 1)
        bench.pass(.milliseconds(999))
        #expect(bench.told.count == 1)
        bench.pass(.milliseconds(1))
        #expect(bench.told.count == 2)
        bench.end(1, .notHeld)
        bench.hold(1, "a", epoch: 2)
        #expect(bench.told.count == 3)
    }

    @Test(
        "what the shard refused is answered as it is, and not tried again",
        arguments: [
            (ForwardOutcome.rateLimited(retryAfter: .seconds(9)), CommandFailure.rateLimited(retryAfter: .seconds(9))),
            (.tooLarge(bytes: 5000, limit: 4096), .tooLarge(bytes: 5000, limit: 4096)), (.queueFull(limit: 7), .queueFull(limit: 7, of: .shard)),
            (.invalid(OperatorMistake(what: "a", why: "b", fix: "c")), .invalid(OperatorMistake(what: "a", why: "b", fix: "c"))),
        ])
    func refused(outcome: ForwardOutcome, failure: CommandFailure) {
        var bench = Bench()
        bench.hold(1, "a")
        bench.ask(1)
        bench.end(0, outcome)
        bench.pass(.seconds(40))
        #expect(bench.results == [1: .failure(failure)] && bench.told.count == 1)
    }

    @Test("a shard that nobody will run again ends what waits for it, with the reason") func never() {
        var bench = Bench()
        let why = OperatorMistake(what: "a", why: "b", fix: "c")
        bench.ask(1)
        bench.places[ShardID(1)] = .never(why)
        bench.step()
        #expect(bench.results == [1: .failure(.notRunning(why))])
    }

    @Test("a re-shard sends what goes by guild to its new shard, in its order, and ends what went by number") func reshards() {
        var bench = Bench()
        bench.hold(1, "a")
        bench.ask(1)  // told
        bench.ask(1, byShard: true)  // told
        bench.free(1)
        bench.ask(1)
        bench.ask(1, byShard: true)
        bench.numShards = 1
        bench.router.shardSetReplaced(numShards: 1, &bench.answers)
        bench.ask(0)
        bench.hold(0, "b", generation: 2)
        #expect(bench.results.keys.sorted() == [4] && bench.told.count == 2, "the old holder may still have sent the first")
        bench.end(0, .notSent)
        #expect(bench.toldRequests == [1, 2, 1, 3, 5])
        bench.end(1, .notSent)
        #expect(bench.results.keys.sorted() == [2, 4])
        for request in [2, 4] {
            guard case .failure(.notRunning(let why))? = bench.results[request] else {
                Issue.record("\(bench.answers)")
                return
            }
            #expect(why.why.contains("re-shard"))
        }
    }

    @Test("once the application is stopped nothing is told any more, and what comes back ends") func stops() {
        var bench = Bench()
        let why = OperatorMistake(what: "a", why: "b", fix: "c")
        bench.hold(1, "a")
        bench.ask(1)
        bench.ask(1)
        bench.ask(2)
        bench.router.stop(because: why, &bench.answers)
        #expect(bench.results == [3: .failure(.notRunning(why))])
        bench.end(0, .notSent)
        bench.end(1, .sent)
        #expect(bench.results[1] == .failure(.notRunning(why)) && bench.results[2] == .success(ShardID(1)))
    }

    @Test("the end of the coordinator answers everything: what a worker has may have been sent") func closes() {
        var bench = Bench()
        bench.hold(1, "a")
        bench.ask(1)
        bench.ask(2)
        bench.router.close(because: OperatorMistake(what: "it ended", why: "b", fix: "c"), &bench.answers)
        #expect(bench.results[1] == .failure(.unknown("it ended before its worker had answered")))
        guard case .failure(.notRunning)? = bench.results[2] else {
            Issue.record("\(bench.answers)")
            return
        }
        #expect(bench.router.count == 0)
    }

    @Test("a shard has a hundred at once, the cluster some thousands, and more are refused by name") func bounds() {
        var bench = Bench()
        for _ in 0..<CommandBounds.perShard {
            let failure = bench.ask(1)
            #expect(failure == nil)
        }
        let ofShard = bench.ask(1)
        #expect(ofShard == .queueFull(limit: 100, of: .shard))
        bench.numShards = 100_000
        bench.router.shardSetReplaced(numShards: 100_000, &bench.answers)
        for shard in 2..<(CommandBounds.total - CommandBounds.perShard + 2) {
            let request = CommandRequest(.requestGuildMembers(GuildMembersRequest(guildID: Snowflake(UInt64(shard) << 22))))
            let failure = bench.router.accept(RequestID(rawValue: 1000 + shard), request, numShards: 100_000, at: bench.now)
            #expect(failure == nil)
        }
        #expect(bench.router.count == CommandBounds.total)
        let ofCluster = bench.ask(90_000)
        #expect(ofCluster == .queueFull(limit: 4096, of: .cluster))
    }

    @Test("a ticket of an earlier coordinator is nobody's") func stale() {
        var bench = Bench()
        bench.hold(1, "a")
        bench.ask(1)
        bench.router.ended(CommandTicket(epoch: CoordinatorEpoch(rawValue: 4), number: 1), .sent, at: bench.now, &bench.answers)
        #expect(bench.answers.isEmpty)
    }
}
