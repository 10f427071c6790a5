import ClusterModel

/// What the one queue holds. Numbers are places in the world's lists.
enum Event {
    /// Something for a worker process; waits while it is frozen.
    case worker(Int, ForWorker)
    /// Something for a coordinator process; waits while it is frozen.
    case coordinator(Int, ForCoordinator)
    /// A control stream delivers its next message.
    case controlUp(Int)
    case controlDown(Int)
    /// A gateway connection delivers its next message.
    case toGateway(Int)
    case fromGateway(Int)
    case gatewayTick
    case publish
    /// Operators and bots look whether they want something.
    case operate
    /// The store or Discord's REST answers.
    case storeLands(run: Int)
    case storeAnswers(run: Int)
    /// A watchdog thread looks at the clock: frozen or not, where A2 holds.
    case watchdog(Int)
    case startWorker(host: Int)
    case startCoordinator
    case trouble
    case troubleOver(Ending)
    case heal
    case judge
}

enum ForWorker {
    case tick
    case input(WorkerInput)
    case dialed(attempt: Int)
    case dialTimedOut(attempt: Int)
    case shardTick(run: Int)
    case connected(connection: Int)
    case sink
    case laneOverdue(run: Int)
}

enum ForCoordinator {
    case tick
    case input(ClusterInput)
    case beat
}

/// How a trouble ends.
enum Ending {
    case thawWorker(Int)
    case thawCoordinator(Int)
    case coordinatorAtCommit(Int)
    case control(host: Int)
    case controlReset(host: Int)
    case gateway(host: Int)
    case controlSlow
    case gatewaySlow
    case dialRefused
    case store
    case info
    case sink
    case closeHalfOpen(link: Int)
}

extension Event {
    /// For the trace hash.
    var kind: Int64 {
        switch self {
        case .worker(let id, let event):
            switch event {
            case .tick: Int64(id) * 64 + 1
            case .input: Int64(id) * 64 + 2
            case .dialed: Int64(id) * 64 + 3
            case .dialTimedOut: Int64(id) * 64 + 26
            case .shardTick(let run): Int64(run) * 64 + 4
            case .connected(let connection): Int64(connection) * 64 + 5
            case .sink: Int64(id) * 64 + 6
            case .laneOverdue(let run): Int64(run) * 64 + 25
            }
        case .coordinator(let id, let event):
            switch event {
            case .tick: Int64(id) * 64 + 7
            case .input: Int64(id) * 64 + 8
            case .beat: Int64(id) * 64 + 9
            }
        case .controlUp(let id): Int64(id) * 64 + 10
        case .controlDown(let id): Int64(id) * 64 + 11
        case .toGateway(let id): Int64(id) * 64 + 12
        case .fromGateway(let id): Int64(id) * 64 + 13
        case .gatewayTick: 14
        case .publish: 15
        case .storeLands(let run): Int64(run) * 64 + 16
        case .storeAnswers(let run): Int64(run) * 64 + 17
        case .watchdog(let id): Int64(id) * 64 + 18
        case .startWorker(let host): Int64(host) * 64 + 19
        case .startCoordinator: 20
        case .trouble: 21
        case .troubleOver: 22
        case .heal: 23
        case .judge: 24
        case .operate: 27
        }
    }
}
