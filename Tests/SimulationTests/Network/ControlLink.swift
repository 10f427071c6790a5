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

    init(id: Int, process: Int, run: Int) {
        self.id = id
        self.process = process
        self.run = run
    }

    var connection: ClusterModel.ConnectionID { ClusterModel.ConnectionID(rawValue: self.id) }
}
