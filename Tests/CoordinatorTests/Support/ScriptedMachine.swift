import ClusterModel
import Coordinator
import GatewayModel

/// Records every input and answers with what the test says.
struct ScriptedMachine: LeaderMachine {
    var deadline: Instant?
    let inputs: Recorder<ClusterInput>
    let script: @Sendable (ClusterInput, inout Instant?) -> [ClusterEffect]

    mutating func handle(_ input: ClusterInput, at now: Instant) -> [ClusterEffect] {
        self.inputs.record(input)
        return self.script(input, &self.deadline)
    }

    func status(at now: Instant) -> ClusterStatus {
        ClusterStatus(
            application: ApplicationID(rawValue: "test"), coordinatorEpoch: CoordinatorEpoch(rawValue: 1), isolation: .hold, stopped: nil,
            store: .init(available: true, problem: nil, openCommits: 0, unwrittenSessions: 0), gateway: .init(info: nil, problem: nil), shardSet: nil,
            workers: [], shards: [], identify: .init(queue: [], blocked: nil),
            budget: .init(total: nil, available: nil, usedInWindow: 0, floor: 0, floorOpenSeconds: nil), presence: nil, commands: .init(open: 0),
            counters: ClusterCounters())
    }
}
