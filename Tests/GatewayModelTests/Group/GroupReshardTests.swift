import GatewayModel
import Testing

@Suite("Re-shard of a group") struct GroupReshardTests {
    typealias Effect = GroupMachine.Effect

    private static let end4011 = ShardEnd.fatal(code: 4011, .stopShardSet)
    private static let rich = GroupMachine.BotAnswer.bot(recommended: 4, total: 1000, remaining: 1000, resetAfterMilliseconds: 0)

    /// Whole, of two shards, all live.
    private static func machine(isAutomatic: Bool = true, numShards: Int = 2) -> GroupMachine {
        var machine = GroupMachine(isAutomatic: isAutomatic)
        Self.bringUp(numShards, &machine)
        return machine
    }

    @discardableResult
    private static func bringUp(_ numShards: Int, but last: Int = 0, _ machine: inout GroupMachine) -> [Effect] {
        for shard in ShardIdentity.all(of: numShards) { machine.attached(shard) }
        return ShardIdentity.all(of: numShards).dropLast(last).flatMap { machine.phaseChanged($0, to: .live) }
    }

    private static func shard(_ id: Int, of numShards: Int) -> ShardIdentity { ShardIdentity(id: ShardID(id), numShards: numShards) }

    /// To the moment where the new set of four comes up.
    private static func identifying(_ cause: ReshardCause = .requested, isAutomatic: Bool = true) throws -> GroupMachine {
        var machine = Self.machine(isAutomatic: isAutomatic)
        switch cause {
        case .requested: #expect(try machine.reshardRequested(to: nil) == [.askForBot])
        case .recommendationRose:
            #expect(machine.recommendationLearned(Self.rich) == [.report(.reshardBegan(from: 2, to: 4, cause)), .attach(ShardIdentity.all(of: 4))])
            return machine
        case .shardingRequired: #expect(machine.ended(Self.shard(0, of: 2), Self.end4011) == [.report(.ended(Self.shard(0, of: 2), Self.end4011)), .askForBot])
        }
        #expect(machine.botAnswered(Self.rich) == [.report(.reshardBegan(from: 2, to: 4, cause)), .attach(ShardIdentity.all(of: 4))])
        return machine
    }

    @Test("the old set serves until the new one is live at one moment, and ends then", arguments: ReshardCause.allCases) func whole(cause: ReshardCause) throws
    {
        var machine = try Self.identifying(cause)
        #expect(Self.bringUp(4, but: 1, &machine).isEmpty)
        #expect(machine.phaseChanged(Self.shard(1, of: 4), to: .dialing).isEmpty)
        #expect(machine.phaseChanged(Self.shard(3, of: 4), to: .live).isEmpty, "one is away again")
        let old = cause == .shardingRequired ? [Self.shard(1, of: 2)] : ShardIdentity.all(of: 2)
        #expect(
            machine.phaseChanged(Self.shard(1, of: 4), to: .live) == [.report(.connectedAllShards(count: 4)), .stop(old, .retire(.resharded))])
        let end = ShardEnd.stopped(nil)
        for shard in old.dropLast() { #expect(machine.ended(shard, end) == [.report(.ended(shard, end))]) }
        #expect(
            machine.ended(old[old.count - 1], end) == [
                .report(.ended(old[old.count - 1], end)), .forget(numShards: 2), .report(.reshardEnded(from: 2, to: 4, cause)), .reshardSettled(nil),
            ])
        #expect(machine.shards == ShardIdentity.all(of: 4))
        #expect(try machine.reshardRequested(to: 8) == [.askForBot], "and on to the next")
    }

    @Test(
        "half as many again are a rise, fewer are not",
        arguments: [(1, 1, false), (1, 2, true), (2, 2, false), (2, 3, true), (3, 4, false), (3, 5, true), (16, 23, false), (16, 24, true), (16, 8, false)])
    func rise(from: Int, to recommended: Int, isRise: Bool) {
        var machine = Self.machine(numShards: from)
        let answer = GroupMachine.BotAnswer.bot(recommended: recommended, total: 1000, remaining: 1000, resetAfterMilliseconds: 0)
        #expect(machine.recommendationLearned(answer).isEmpty != isRise)
        var manual = Self.machine(isAutomatic: false, numShards: from)
        #expect(manual.recommendationLearned(answer).isEmpty)
        var chosen = GroupMachine(isAutomatic: true, followsRecommendation: false)
        Self.bringUp(from, &chosen)
        #expect(chosen.recommendationLearned(answer).isEmpty)
    }

    @Test("a rise begins nothing while a re-shard is on its way, without an answer, or beyond the budget") func noRise() throws {
        var machine = try Self.identifying()
        #expect(machine.recommendationLearned(.bot(recommended: 9, total: 1000, remaining: 1000, resetAfterMilliseconds: 0)).isEmpty)
        machine = Self.machine()
        #expect(machine.recommendationLearned(.failed(.unreachable("HTTP 500"))).isEmpty)
        let poor = GroupMachine.BotAnswer.bot(recommended: 4, total: 1000, remaining: 53, resetAfterMilliseconds: 9)
        let error = ReshardError.startBudget(wanted: 4, remaining: 53, floor: 50, resetAfterMilliseconds: 9)
        #expect(machine.recommendationLearned(poor) == [.report(.reshardFailed(from: 2, to: nil, error)), .reshardSettled(error)])
        #expect(machine.recommendationLearned(Self.rich).contains(.attach(ShardIdentity.all(of: 4))), "when it suffices")
    }

    @Test("a bot that 4011 left without a shard is re-sharded too") func nothingLeft() throws {
        var machine = Self.machine(numShards: 1)
        #expect(machine.ended(Self.shard(0, of: 1), Self.end4011).contains(.askForBot))
        #expect(machine.botAnswered(Self.rich).contains(.attach(ShardIdentity.all(of: 4))))
        let effects = Self.bringUp(4, &machine)
        #expect(effects.suffix(3) == [.forget(numShards: 1), .report(.reshardEnded(from: 1, to: 4, .shardingRequired)), .reshardSettled(nil)])
    }

    @Test("commands go to the set that serves, and to the other where its shard is gone") func routes() throws {
        let guild = UInt64(1) << 22  // shard 1 of either set
        var machine = try Self.identifying()
        Self.bringUp(4, but: 1, &machine)
        #expect(machine.route(guild: guild, numShards: nil) == .shard(Self.shard(1, of: 2)))
        #expect(machine.route(guild: guild, numShards: 4) == .shard(Self.shard(1, of: 4)))
        var poorer = machine
        _ = poorer.ended(Self.shard(1, of: 2), Self.end4011)
        #expect(poorer.route(guild: guild, numShards: nil) == .shard(Self.shard(1, of: 4)))
        _ = machine.phaseChanged(Self.shard(3, of: 4), to: .live)
        #expect(machine.route(guild: guild, numShards: nil) == .shard(Self.shard(1, of: 4)), "while the old one closes")
    }

    @Test("to fewer shards it is the same, where nothing speaks against them") func fewer() throws {
        let guild = UInt64(1) << 22
        var machine = Self.machine(numShards: 3)
        _ = try machine.reshardRequested(to: 2)
        #expect(machine.botAnswered(Self.rich).contains(.attach(ShardIdentity.all(of: 2))))
        #expect(Self.bringUp(2, &machine).contains(.stop(ShardIdentity.all(of: 3), .retire(.resharded))))
        #expect(machine.route(guild: guild, numShards: nil) == .shard(Self.shard(1, of: 2)))
    }

    @Test(
        "what cannot be is refused, and nothing changes",
        arguments: [
            (Optional(2), ReshardError.sameCount(2)), (0, .outOfRange(0)), (-1, .outOfRange(-1)), (100_001, .outOfRange(100_001)),
        ]) func refused(count: Int?, error: ReshardError)
    {
        var machine = Self.machine()
        #expect(throws: error) { try machine.reshardRequested(to: count) }
        #expect(throws: Never.self) { try machine.reshardRequested(to: 3) }
        #expect(throws: ReshardError.underWay) { try machine.reshardRequested(to: 4) }
    }

    @Test("a group that does not run one whole set cannot decide", arguments: [0, 1, 2]) func notWhole(kind: Int) {
        var machine = GroupMachine(isAutomatic: true)
        if kind > 0 { machine.attached(Self.shard(1, of: 2)) }
        if kind > 1 { Self.bringUp(3, &machine) }
        #expect(throws: ReshardError.notWhole) { try machine.reshardRequested(to: 4) }
        guard kind > 0 else { return }
        let effects = machine.ended(Self.shard(1, of: 2), Self.end4011)
        #expect(effects.contains(.report(.reshardRequired(numShards: 2, code: 4011))) && !effects.contains(.askForBot))
    }

    @Test(
        "what Discord says decides, before anything is spent",
        arguments: [
            (GroupMachine.BotAnswer.bot(recommended: 2, total: 1000, remaining: 1000, resetAfterMilliseconds: 0), ReshardError.sameCount(2)),
            (
                .bot(recommended: 4, total: 1000, remaining: 53, resetAfterMilliseconds: 9),
                .startBudget(wanted: 4, remaining: 53, floor: 50, resetAfterMilliseconds: 9)
            ), (.failed(.unreachable("HTTP 500")), .unreachable("HTTP 500")), (.failed(.unauthorized), .unauthorized), (.nobodyToAsk, .countUnknown),
        ]) func plans(answer: GroupMachine.BotAnswer, error: ReshardError) throws
    {
        var machine = Self.machine()
        _ = try machine.reshardRequested(to: nil)
        #expect(machine.botAnswered(answer) == [.report(.reshardFailed(from: 2, to: nil, error)), .reshardSettled(error)])
        #expect(machine.botAnswered(answer).isEmpty)
        #expect(machine.shards == ShardIdentity.all(of: 2))
        #expect(try machine.reshardRequested(to: 3) == [.askForBot])
        // As many as there are above the floor, or a count that was given where nobody can be asked.
        let good = GroupMachine.BotAnswer.bot(recommended: 9, total: 1000, remaining: 53, resetAfterMilliseconds: 0)
        #expect(machine.botAnswered(answer == .nobodyToAsk ? answer : good).contains(.attach(ShardIdentity.all(of: 3))))
    }

    @Test("after 4011 no IDENTIFY is spent on a set that is not larger, and nothing is tried again by itself", arguments: [1, 2]) func notLarger(count: Int)
        throws
    {
        var machine = Self.machine()
        _ = machine.ended(Self.shard(0, of: 2), Self.end4011)
        let error = ReshardError.notLarger(count, refused: 2)
        #expect(
            machine.botAnswered(.bot(recommended: count, total: 1000, remaining: 1000, resetAfterMilliseconds: 0)) == [
                .report(.reshardFailed(from: 2, to: nil, error)), .reshardSettled(error),
            ])
        #expect(machine.ended(Self.shard(1, of: 2), Self.end4011) == [.report(.ended(Self.shard(1, of: 2), Self.end4011))])
        #expect(throws: error) { try machine.reshardRequested(to: count) }
        #expect(try machine.reshardRequested(to: 3) == [.askForBot], "the operator may")
    }

    @Test("after a failure that passes the next 4011 is cause to look again") func passing() {
        var machine = Self.machine(numShards: 3)
        for id in 0..<3 {
            #expect(machine.ended(Self.shard(id, of: 3), Self.end4011).contains(.askForBot))
            _ = machine.botAnswered(.failed(.unreachable("")))
        }
    }

    @Test("where no shard is left to hear another 4011, the next recommendation that is larger brings the bot up again") func passingForAll() {
        var machine = Self.machine(numShards: 3)
        for id in 0..<3 {
            _ = machine.ended(Self.shard(id, of: 3), Self.end4011)
            _ = machine.botAnswered(.failed(.unreachable("")))
        }
        func answer(_ count: Int) -> GroupMachine.BotAnswer { .bot(recommended: count, total: 1000, remaining: 1000, resetAfterMilliseconds: 0) }
        #expect(machine.recommendationLearned(answer(3)).isEmpty, "it would be refused as well")
        #expect(
            machine.recommendationLearned(answer(4)) == [.report(.reshardBegan(from: 3, to: 4, .shardingRequired)), .attach(ShardIdentity.all(of: 4))])
    }

    @Test("other shards of the set that hear 4011 meanwhile change nothing") func more() throws {
        var machine = Self.machine()
        _ = machine.ended(Self.shard(0, of: 2), Self.end4011)
        #expect(machine.ended(Self.shard(1, of: 2), Self.end4011) == [.report(.ended(Self.shard(1, of: 2), Self.end4011))])
        #expect(machine.botAnswered(Self.rich).contains(.attach(ShardIdentity.all(of: 4))))
    }

    @Test(
        "a fatal close in the new set closes it for good, and the old one serves on",
        arguments: [
            ShardEnd.fatal(code: 4011, .stopShardSet), .fatal(code: 4010, .stopShardSet), .fatal(code: 4014, .stopApplication),
            .fatal(code: 4004, .stopApplication),
        ]) func fatal(end: ShardEnd) throws
    {
        guard case .fatal(let code, _) = end else { return }
        var machine = try Self.identifying()
        Self.bringUp(4, but: 2, &machine)
        let bad = Self.shard(2, of: 4)
        let others = [0, 1, 3].map { Self.shard($0, of: 4) }
        #expect(machine.ended(bad, end) == [.report(.ended(bad, end)), .stop(others, .retire(.invalidated))])
        #expect(throws: ReshardError.underWay) { try machine.reshardRequested(to: 8) }
        #expect(machine.ended(others[0], end) == [.report(.ended(others[0], end))], "another that hears the same")
        _ = machine.ended(others[1], .stopped(nil))
        let error = ReshardError.fatalClose(bad, code: code)
        #expect(
            machine.ended(others[2], .stopped(nil)) == [
                .report(.ended(others[2], .stopped(nil))), .forget(numShards: 4), .report(.reshardFailed(from: 2, to: 4, error)), .reshardSettled(error),
            ])
        #expect(machine.shards == ShardIdentity.all(of: 2))
        #expect(machine.ended(Self.shard(0, of: 2), Self.end4011) == [.report(.ended(Self.shard(0, of: 2), Self.end4011))], "not by itself")
        if code == 4011 { #expect(throws: ReshardError.notLarger(4, refused: 4)) { try machine.reshardRequested(to: 4) } }
        #expect(try machine.reshardRequested(to: 5) == [.askForBot])
    }

    @Test("where the old set has no shard left, a close that ends the application ends the group") func fatalForAll() throws {
        var machine = Self.machine(numShards: 1)
        _ = machine.ended(Self.shard(0, of: 1), Self.end4011)
        _ = machine.botAnswered(Self.rich)
        Self.bringUp(4, but: 2, &machine)
        #expect(machine.ended(Self.shard(0, of: 4), .fatal(code: 4004, .stopApplication)).contains(.fail(Self.shard(0, of: 4), code: 4004)))
    }

    @Test("a close that ends the application, heard by the old set, ends the group") func fatalOld() throws {
        var machine = try Self.identifying()
        Self.bringUp(4, but: 2, &machine)
        let effects = machine.ended(Self.shard(0, of: 2), .fatal(code: 4004, .stopApplication))
        #expect(effects.contains(.fail(Self.shard(0, of: 2), code: 4004)))
        #expect(effects.contains(.stop([Self.shard(1, of: 2)] + ShardIdentity.all(of: 4), .handOff)))
    }

    @Test("a gate that gives up on the new set ends the re-shard only; on the old set it is the group's end") func gate() throws {
        var machine = try Self.identifying()
        Self.bringUp(4, but: 2, &machine)
        #expect(machine.gateFailed(for: Self.shard(0, of: 2), "why") == nil)
        #expect(machine.gateFailed(for: Self.shard(3, of: 4), "why") == [.stop(ShardIdentity.all(of: 4), .retire(.invalidated))])
        #expect(machine.gateFailed(for: Self.shard(2, of: 4), "why") == [], "it hears the same for each shard")
        var effects: [Effect] = []
        for shard in ShardIdentity.all(of: 4) { effects = machine.ended(shard, .stopped(nil)) }
        #expect(effects.last == .reshardSettled(.identifyGate("why")))
    }

    @Test("a shard of the new set that is taken out gives it up") func detached() throws {
        var machine = try Self.identifying()
        Self.bringUp(4, but: 2, &machine)
        let effects = machine.ended(Self.shard(3, of: 4), .stopped(nil))
        #expect(effects.contains(.stop((0..<3).map { Self.shard($0, of: 4) }, .retire(.invalidated))))
    }

    @Test("shards that went while Discord was asked end the plan") func gone() throws {
        var machine = Self.machine()
        _ = try machine.reshardRequested(to: 4)
        _ = machine.ended(Self.shard(0, of: 2), .stopped(nil))
        #expect(machine.botAnswered(Self.rich) == [.report(.reshardFailed(from: 2, to: 4, .notWhole)), .reshardSettled(.notWhole)])
    }

    @Test("the end of the group ends it, and closes nothing for good") func stopped() throws {
        var machine = try Self.identifying()
        Self.bringUp(4, but: 2, &machine)
        #expect(machine.stopRequested() == [.report(.reshardFailed(from: 2, to: 4, .ended)), .reshardSettled(.ended)])
        for shard in ShardIdentity.all(of: 4) + ShardIdentity.all(of: 2) {
            #expect(machine.ended(shard, .stopped(nil)) == [.report(.ended(shard, .stopped(nil)))])
        }
        #expect(throws: ReshardError.ended) { try machine.reshardRequested(to: 8) }
        #expect(machine.botAnswered(Self.rich).isEmpty)
    }

    @Test("a set that hears 4011 just after it took over is re-sharded once the old one is closed") func again() throws {
        var machine = try Self.identifying()
        Self.bringUp(4, &machine)
        #expect(machine.ended(Self.shard(2, of: 4), Self.end4011) == [.report(.ended(Self.shard(2, of: 4), Self.end4011))])
        _ = machine.ended(Self.shard(0, of: 2), .stopped(nil))
        let effects = machine.ended(Self.shard(1, of: 2), .stopped(nil))
        #expect(effects.suffix(3) == [.report(.reshardEnded(from: 2, to: 4, .requested)), .reshardSettled(nil), .askForBot])
    }

    @Test("a shard that comes back while its set is closed, or given up, does not hold up the end", arguments: [true, false]) func comesBack(isRetired: Bool)
        throws
    {
        var machine = try Self.identifying()
        Self.bringUp(4, but: 1, &machine)
        let closing = isRetired ? 2 : 4
        if isRetired { _ = machine.phaseChanged(Self.shard(3, of: 4), to: .live) } else { _ = machine.gateFailed(for: Self.shard(3, of: 4), "why") }
        var effects: [Effect] = []
        for shard in ShardIdentity.all(of: closing) {
            effects = machine.ended(shard, .stopped(nil))
            if shard.id == ShardID(0) { machine.attached(shard) }
        }
        #expect(effects.contains(.reshardSettled(isRetired ? nil : .identifyGate("why"))))
        #expect(machine.shards.contains(Self.shard(0, of: closing)))
    }

    @Test("a set that Discord refused before, and that somebody replaced by hand, does not stand in the way of the next re-shard") func replacedByHand() throws
    {
        var machine = Self.machine(isAutomatic: false)
        _ = machine.ended(Self.shard(0, of: 2), Self.end4011)
        _ = machine.ended(Self.shard(1, of: 2), .stopped(nil))
        Self.bringUp(4, &machine)
        #expect(try machine.reshardRequested(to: 8) == [.askForBot])
        #expect(machine.botAnswered(.nobodyToAsk).contains(.attach(ShardIdentity.all(of: 8))))
    }

    @Test("without automatic re-shards 4011 stops the set, and a re-shard on request begins from there") func manual() throws {
        var machine = Self.machine(isAutomatic: false)
        let effects = machine.ended(Self.shard(0, of: 2), Self.end4011)
        #expect(effects.suffix(2) == [.report(.reshardRequired(numShards: 2, code: 4011)), .stop([Self.shard(1, of: 2)], .handOff)])
        _ = machine.ended(Self.shard(1, of: 2), .stopped(nil))
        #expect(throws: ReshardError.notLarger(2, refused: 2)) { try machine.reshardRequested(to: 2) }
        _ = try machine.reshardRequested(to: 3)
        #expect(machine.botAnswered(.nobodyToAsk).contains(.attach(ShardIdentity.all(of: 3))))
        #expect(Self.bringUp(3, &machine).last == .reshardSettled(nil))
    }

    @Test("every error says what, why and how to go on") func errors() {
        let shard = Self.shard(1, of: 4)
        let errors: [ReshardError] = [
            .underWay, .notWhole, .outOfRange(0), .sameCount(2), .notLarger(2, refused: 2), .countUnknown, .unreachable("HTTP 500"), .unauthorized,
            .startBudget(wanted: 4, remaining: 3, floor: 2, resetAfterMilliseconds: 5000), .identifyGate("why"), .fatalClose(shard, code: 4011),
            .detached(shard), .ended,
        ]
        #expect(Set(errors.map(\.description)).count == errors.count)
        for error in errors { #expect(error.description.contains(": ") && error.description.contains(". Fix: ") && !error.description.contains("..")) }
    }
}
