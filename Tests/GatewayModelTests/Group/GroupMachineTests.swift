import GatewayModel
import Testing

@Suite("Group machine") struct GroupMachineTests {
    private let shards = ShardIdentity.all(of: 3)

    private func machine(_ shards: [ShardIdentity]) -> GroupMachine {
        var machine = GroupMachine()
        for shard in shards { machine.attached(shard) }
        return machine
    }

    @Test("all are connected when each is live at the same moment, and that is said once") func connected() {
        var machine = self.machine(self.shards)
        #expect(machine.phaseChanged(self.shards[0], to: .live).isEmpty)
        #expect(machine.phaseChanged(self.shards[1], to: .live).isEmpty)
        #expect(machine.phaseChanged(self.shards[0], to: .dialing).isEmpty)
        #expect(machine.phaseChanged(self.shards[2], to: .live).isEmpty, "the first is away again")
        #expect(machine.phaseChanged(self.shards[0], to: .live) == [.report(.connectedAllShards(count: 3))])
        #expect(machine.phaseChanged(self.shards[0], to: .dialing).isEmpty)
        #expect(machine.phaseChanged(self.shards[0], to: .live).isEmpty)
    }

    @Test("it is said again after another shard was attached, and also where the last one that was missing leaves") func again() {
        var machine = self.machine([self.shards[0]])
        #expect(machine.phaseChanged(self.shards[0], to: .live).count == 1)
        machine.attached(self.shards[1])
        machine.attached(self.shards[2])
        #expect(machine.phaseChanged(self.shards[1], to: .live).isEmpty)
        let end = ShardEnd.stopped(nil)
        #expect(machine.ended(self.shards[2], end) == [.report(.ended(self.shards[2], end)), .report(.connectedAllShards(count: 2))])
        #expect(machine.ended(self.shards[2], end).isEmpty, "once")
    }

    @Test("it is said where the one that was missing is closed with its set; not of those that are stopped with it") func againAfterRefusal() {
        let other = ShardIdentity(id: ShardID(0), numShards: 2)
        let end = ShardEnd.fatal(code: 4010, .stopShardSet)
        var machine = self.machine([self.shards[0], other])
        _ = machine.phaseChanged(other, to: .live)
        #expect(machine.ended(self.shards[0], end).last == .report(.connectedAllShards(count: 1)))
        machine = self.machine([self.shards[0], self.shards[1], other])
        _ = machine.phaseChanged(other, to: .live)
        #expect(machine.ended(self.shards[0], end).last == .stop([self.shards[1]], .handOff))
        #expect(machine.phaseChanged(self.shards[1], to: .live).isEmpty, "it is being stopped")
        #expect(machine.ended(self.shards[1], .stopped(nil)).last == .report(.connectedAllShards(count: 1)))
    }

    @Test("before the run a shard ends as it is taken out; in the run it starts when it is attached, and ends when it says so") func run() throws {
        var machine = self.machine(self.shards)
        let ended = LifecycleEvent.ended(self.shards[0], .stopped(nil))
        #expect(machine.detachRequested([(self.shards[0], nil)]) == [.report(ended)])
        #expect(throws: GroupMachine.AttachRefusal.isPresent) { try machine.attachRequested(self.shards[1]) }
        #expect(machine.runRequested() == [.start(self.shards[1]), .start(self.shards[2])])
        #expect(machine.runRequested() == nil)
        #expect(try machine.attachRequested(self.shards[0]) == [.start(self.shards[0])])
        #expect(machine.detachRequested([(self.shards[0], nil)]) == nil)
        #expect(throws: GroupMachine.AttachRefusal.isPresent, "its end has not come") { try machine.attachRequested(self.shards[0]) }
        #expect(machine.ended(self.shards[0], .stopped(nil)) == [.report(ended)])
        #expect(try machine.attachRequested(self.shards[0]) == [.start(self.shards[0])])
        #expect(machine.stopRequested().isEmpty && machine.run == .stopping)
        #expect(throws: GroupMachine.AttachRefusal.groupEnded) { try machine.attachRequested(ShardIdentity(id: ShardID(0), numShards: 1)) }
        #expect(machine.runEnded() == [.report(.groupEnded), .end] && machine.run == .ended)
        machine = GroupMachine()
        #expect(machine.stopRequested().isEmpty && machine.run == .ended && machine.runRequested() == nil)
    }

    @Test("a group without shards is not connected") func empty() {
        var machine = self.machine([self.shards[0]])
        #expect(machine.ended(self.shards[0], .stopped(nil)) == [.report(.ended(self.shards[0], .stopped(nil)))])
    }

    @Test("a close that ends the shard set stops its other shards, and is told once for the set") func shardSet() {
        let other = ShardIdentity(id: ShardID(0), numShards: 2)
        var machine = self.machine(self.shards + [other])
        let end = ShardEnd.fatal(code: 4011, .stopShardSet)
        #expect(
            machine.ended(self.shards[1], end) == [
                .report(.ended(self.shards[1], end)), .report(.reshardRequired(numShards: 3, code: 4011)),
                .stop([self.shards[0], self.shards[2]], .handOff),
            ])
        #expect(machine.ended(self.shards[0], end) == [.report(.ended(self.shards[0], end))])
        #expect(machine.shards == [other, self.shards[2]])
        machine.attached(self.shards[1])
        #expect(machine.ended(self.shards[1], end).contains(.report(.reshardRequired(numShards: 3, code: 4011))), "tried again: said again")
    }

    @Test("a close that ends the application stops everything") func application() {
        var machine = self.machine(self.shards)
        let end = ShardEnd.fatal(code: 4004, .stopApplication)
        #expect(
            machine.ended(self.shards[0], end) == [
                .report(.ended(self.shards[0], end)), .fail(self.shards[0], code: 4004), .stop([self.shards[1], self.shards[2]], .handOff),
            ])
    }

    @Test("a guild's commands go to its shard in the largest set that has it here, to a live one first") func route() {
        let (small, large) = (ShardIdentity(id: ShardID(1), numShards: 2), ShardIdentity(id: ShardID(3), numShards: 4))
        let guild = UInt64(7) << 22
        var machine = self.machine([small, large])
        #expect(machine.route(guild: guild, numShards: nil) == .shard(large))
        _ = machine.phaseChanged(small, to: .live)
        #expect(machine.route(guild: guild, numShards: nil) == .shard(small))
        _ = machine.phaseChanged(large, to: .live)
        #expect(machine.route(guild: guild, numShards: nil) == .shard(large))
        #expect(machine.route(guild: guild, numShards: 2) == .shard(small))
        let other = UInt64(6) << 22
        #expect(
            machine.route(guild: other, numShards: nil)
                == .notHere([ShardIdentity(id: ShardID(2), numShards: 4), ShardIdentity(id: ShardID(0), numShards: 2)]))
        #expect(GroupMachine().route(guild: guild, numShards: nil) == .notHere([]))
    }

    @Test("matchers choose by every property that they name, and a shard needs only one of them") func matchers() {
        let state = ShardState(
            id: ShardID(1), numShards: 3, session: GatewaySession(sessionID: "a", resumeGatewayURL: "ws://x", sequence: 1))
        #expect(ShardMatcher.all.matches(state) && ShardMatcher(state.shard).matches(state) && ShardMatcher(sessionID: "a").matches(state))
        #expect(!ShardMatcher(id: ShardID(1), numShards: 2).matches(state) && !ShardMatcher(id: ShardID(1), sessionID: "b").matches(state))
        #expect([ShardMatcher(id: ShardID(0)), ShardMatcher(numShards: 3)].matchAny(state.shard, sessionID: nil))
        #expect(![ShardMatcher]().matchAny(state.shard, sessionID: "a"))
    }
}
