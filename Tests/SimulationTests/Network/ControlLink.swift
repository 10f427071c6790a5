import ClusterModel

/// The one stream between a worker process and a coordinator process.
final class ControlLink {
    enum Up {
        case message(WorkerMessage)
        case end
    }
    enum Down {
        case envelope(CoordinatorEnvelope)
        case end
    }

    let id: Int
    let process: Int
    let run: Int
    var up = Pipe<Up>()
    var down = Pipe<Down>()
    var workerOpen = true
    var coordinatorOpen = true
    /// Half open: the worker is gone, and the coordinator is told much later.
    var coordinatorThinksOpen = false
    /// Half open: what the coordinator sends is lost, and the worker hears nothing.
    var downIsLost = false

    init(id: Int, process: Int, run: Int) {
        self.id = id
        self.process = process
        self.run = run
    }

    var connection: ClusterModel.ConnectionID { ClusterModel.ConnectionID(rawValue: self.id) }
}
