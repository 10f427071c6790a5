import ClusterModel
import DequeModule
import GatewayModel

/// One life of the coordinator: the real machine, its writer, and the shell around it.
final class CoordinatorProcess {
    enum Job {
        case commit(CommitID, [StoreWrite])
        case checkpoint([CheckpointRow])
    }

    let id: Int
    let clock: NodeClock
    let epoch: CoordinatorEpoch
    var machine: ClusterMachine
    var isAlive = true
    var isFrozen = false
    var backlog: [Event] = []
    var tickAt = Int64.max
    /// The first one is being written.
    var jobs = Deque<Job>()
    /// How the job that is being written will end, once it landed.
    var answer: CommitOutcome = .committed
    var lands = true
    var sameMomentTicks = 0
    var lastTick: Int64 = 0

    init(id: Int, clock: NodeClock, epoch: CoordinatorEpoch, machine: ClusterMachine) {
        self.id = id
        self.clock = clock
        self.epoch = epoch
        self.machine = machine
    }
}
