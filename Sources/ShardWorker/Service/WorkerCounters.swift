import Logging
import Synchronization

/// What happened to the shards of this process since its start.
final class WorkerCounters: Sendable {
    /// READYs.
    let sessions = Atomic<Int>(0)
    let resumes = Atomic<Int>(0)
    let disconnections = Atomic<Int>(0)
    let gaps = Atomic<Int>(0)
    /// Bad input that was met and handled.
    let anomalies = Atomic<Int>(0)

    var metadata: Logger.Metadata {
        [
            "sessions": "\(self.sessions.load(ordering: .relaxed))", "resumes": "\(self.resumes.load(ordering: .relaxed))",
            "disconnections": "\(self.disconnections.load(ordering: .relaxed))", "gaps": "\(self.gaps.load(ordering: .relaxed))",
            "anomalies": "\(self.anomalies.load(ordering: .relaxed))",
        ]
    }
}
