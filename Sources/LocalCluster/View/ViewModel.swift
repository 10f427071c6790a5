import ClusterModel
import GatewayModel

/// All that the view of a local cluster shows, at one moment.
struct ViewModel: Sendable {
    /// What is going on, such as "running" or "draining".
    var phase = "starting"
    /// Since every shard was live; before, since the start.
    var elapsed = Duration.zero
    /// Since the start.
    var age = Duration.zero
    /// Of the whole run; `nil` where it has no end.
    var limit: Duration?
    /// Workers of this run, in order.
    var workers: [String] = []
    /// `nil` before the coordinator answered.
    var cluster: ClusterStatus?
    var delivery = CheckerThread.Snapshot()
    /// Written into the files, over the last second or so.
    var eventsPerSecond = 0.0
    /// The same by worker, as in `workers`.
    var eventsPerSecondByWorker: [Double] = []
    /// Since this `muster up` began.
    var resumed = 0
    var identified = 0
    var violations = 0
    /// Whether workers are killed.
    var chaos = false
    var kills = 0
    var lastRecovery: Duration?
    /// Newest last.
    var news: [String] = []

    var live: Int { self.cluster?.shardSet?.live ?? 0 }
    var numShards: Int? { self.cluster?.shardSet?.numShards }

    /// One line that says how it stands, for an output that is no terminal.
    var plainLine: String {
        let counts = self.delivery.counts
        var line = "\(Self.clock(self.age)) \(self.phase): live \(self.live)/\(self.numShards.map(String.init) ?? "?")"
        line += ", \(Int(self.eventsPerSecond.rounded())) events/s, due \(counts.due), accepted \(counts.accepted), lost \(counts.lost)"
        line += ", repeated \(counts.repeated), resumed \(self.resumed), identified \(self.identified), kills \(self.kills), violations \(self.violations)"
        if let queue = self.cluster?.identify.queue, let last = queue.map(\.etaSeconds).max() {
            line += ", identify queue \(queue.count) (\(Self.eta(last)))"
        }
        return line
    }

    /// Minutes and seconds.
    static func clock(_ duration: Duration) -> String {
        let seconds = max(0, duration.inNanoseconds / 1_000_000_000)
        return "\(seconds / 60):\(seconds % 60 < 10 ? "0" : "")\(seconds % 60)"
    }

    static func eta(_ seconds: Double) -> String {
        seconds < 60 ? "\(Int(seconds.rounded(.up))) s" : "\(Int((seconds / 60).rounded(.up))) min"
    }
}
