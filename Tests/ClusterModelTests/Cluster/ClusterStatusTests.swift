import GatewayModel
import Testing

@testable import ClusterModel

@Suite("The leader: its status, and what an assignment carries") struct ClusterStatusTests {
    /// Worker "w1" on stream 1 holds all four shards, and all are live.
    private func running(identify: IdentifyOptions = IdentifyOptions()) -> (Scenario, [Assignment]) {
        var scenario = Scenario(identify: identify)
        scenario.hello("w1", incarnation: "a", on: 1)
        scenario.pass(.seconds(2))
        let assignments = scenario.takeAssignments(on: 1)
        scenario.renew((0..<4).map { live($0) }, on: 1)
        return (scenario, assignments)
    }

    private func status(_ scenario: Scenario) -> ClusterStatus {
        scenario.machine.status(at: scenario.now)
    }

    @Test("D8: every assignment says what IDENTIFY is to say") func identify() {
        let options = IdentifyOptions(largeThreshold: 250, properties: IdentifyProperties(os: "plan9", browser: "b", device: "d"))
        let (_, assignments) = self.running(identify: options)
        #expect(assignments.map(\.identify) == Array(repeating: options, count: 4))
    }

    @Test("D15: the time since the last event of each shard, from when its sequence rose or its session was another") func lastEvent() {
        var (scenario, _) = self.running()
        scenario.pass(.seconds(3))
        scenario.renew([live(0, sequence: 11)] + (1..<4).map { live($0) }, on: 1)
        scenario.pass(.seconds(2))
        #expect(self.status(scenario).shards.map(\.secondsSinceEvent) == [2, 5, 5, 5])
        #expect(self.status(scenario).shardRecords.map(\.secondsSinceEvent) == [2, 5, 5, 5])
        var lost = live(1)
        lost.session = nil
        scenario.renew([live(0, sequence: 11), lost, live(2, sequence: 9)], on: 1)
        #expect(self.status(scenario).shards.map(\.secondsSinceEvent) == [2, 5, 5, 5], "no session and a late report are no event")
        lost.session = session("new", 1)
        scenario.renew([lost], on: 1)
        #expect(self.status(scenario).shards.map(\.secondsSinceEvent) == [2, 0, 5, 5])
    }

    @Test("D15: a leader that took over does not know of events before it") func lastEventUnknown() {
        let stored = StoredCluster(
            application: ApplicationID(rawValue: "app"), activeGeneration: Generation(rawValue: 1),
            generations: [StoredGeneration(generation: Generation(rawValue: 1), numShards: 1, phase: .active)],
            shards: [
                StoredShard(
                    key: ShardKey(generation: Generation(rawValue: 1), shard: ShardID(0)), owner: StableID(rawValue: "w1"),
                    incarnation: Incarnation(rawValue: "a"), epoch: AssignmentEpoch(rawValue: 1), session: session("s1-0", 10))
            ])
        var scenario = Scenario(shards: .fixed(1), restoring: stored, epoch: 2)
        scenario.hello("w1", incarnation: "a", on: 1, held: [live(0)])
        #expect(self.status(scenario).shards.map(\.secondsSinceEvent) == [nil])
        scenario.renew([live(0, sequence: 11)], on: 1)
        #expect(self.status(scenario).shards.map(\.secondsSinceEvent) == [0])
    }

    @Test("how far a presence has come, and which commands have no answer yet") func operatorsWork() {
        var (scenario, _) = self.running()
        #expect(self.status(scenario).presence == nil)
        scenario.input(.request(RequestID(rawValue: 1), .presence(Presence(status: .idle), .shards([ShardID(2), ShardID(3)]))))
        #expect(self.status(scenario).presence == .init(revision: PresenceRevision(rawValue: 1), unstored: 0, showing: 0))
        var shown = live(3)
        shown.presence = PresenceRevision(rawValue: 1)
        scenario.renew((0..<3).map { live($0) } + [shown], on: 1)
        #expect(self.status(scenario).presence?.showing == 1, "only what is set counts")
        scenario.storeAnswer = .unknown("away")
        scenario.input(.request(RequestID(rawValue: 2), .presence(Presence(status: .dnd), .all)))
        #expect(self.status(scenario).presence == .init(revision: PresenceRevision(rawValue: 1), unstored: 1, showing: 1))
        let command = CommandRequest(.updateVoiceState(VoiceStateUpdate(guildID: Snowflake(1 << 22), channelID: nil)), within: .seconds(20))
        scenario.input(.request(RequestID(rawValue: 3), .command(command)))
        #expect(self.status(scenario).commands.open == 1)
        scenario.pass(.seconds(25))
        #expect(self.status(scenario).commands.open == 0 && self.status(scenario).counters.commandsFailed == 1)
    }
}
