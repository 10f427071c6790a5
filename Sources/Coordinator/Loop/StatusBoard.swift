import ClusterModel
import Synchronization

/// The last published view of the cluster, for whoever asks.
final class StatusBoard: Sendable {
    private let last = Mutex<ClusterStatus?>(nil)

    /// `nil` until this coordinator leads.
    var status: ClusterStatus? { self.last.withLock { $0 } }

    func publish(_ status: ClusterStatus) {
        self.last.withLock { $0 = status }
    }
}
