public import GatewayModel

/// Why a worker ended, other than as asked.
public enum WorkerError: OperatorError, Equatable {
    /// The coordinator does not take this worker; its own words.
    case refused(String)
    /// SIGTERM came, and after 10 s something was still open. Sessions are at their last reported position.
    case stopOverdue(shards: Int)

    public var explanation: (what: String, why: String, fix: String) {
        switch self {
        case .refused(let reason): ("the coordinator refused this worker", reason, "do what it says, then start the worker again")
        case .stopOverdue(let shards):
            (
                "the worker did not stop within 10 s", "\(shards) shards were not flushed and closed, so their last events will be repeated",
                "look for a sink that takes nothing"
            )
        }
    }
}
