import ClusterModel
import ClusterStore
import GatewayModel
import Synchronization

/// A store without a database, whose speed and failures a test chooses. It checks leadership only.
final class InMemoryStore: ClusterStore {
    struct State {
        var epoch = CoordinatorEpoch(rawValue: 0)
        var holder = ""
        var beat: Int64 = 0
        var released = true
        var commits: [[StoreWrite]] = []
        var checkpoints: [[CheckpointRow]] = []
        var delay = Duration.zero
        var beatFails = false
        /// The holder's beat has risen whenever a candidate looks, however rarely that is.
        var holderLives = false
        var failedBeats = 0
        var closed = false
    }

    private let state = Mutex(State())

    var now: State { self.state.withLock { $0 } }

    func change(_ change: (inout State) -> Void) {
        self.state.withLock { change(&$0) }
    }

    func migrate() async throws {}

    func campaign(for application: ApplicationID, holder: String, overriding unchangedBeat: LeaderBeat?) async throws -> Campaign {
        self.state.withLock { state in
            if state.holderLives { state.beat += 1 }
            let beat = LeaderBeat(epoch: state.epoch, holder: state.holder, beat: state.beat)
            guard state.released || beat == unchangedBeat else { return .held(beat) }
            state.epoch = CoordinatorEpoch(rawValue: state.epoch.rawValue + 1)
            state.holder = holder
            state.released = false
            return .won(state.epoch)
        }
    }

    func beat(epoch: CoordinatorEpoch, application: ApplicationID) async throws -> Bool {
        try self.state.withLock { state in
            if state.beatFails {
                state.failedBeats += 1
                throw StoreError.failed(location: "memory", reason: "asked to")
            }
            guard state.epoch == epoch else { return false }
            state.beat += 1
            return true
        }
    }

    func resign(epoch: CoordinatorEpoch, application: ApplicationID) async throws {
        self.state.withLock { if $0.epoch == epoch { $0.released = true } }
    }

    func load(_ application: ApplicationID) async throws -> StoredCluster {
        StoredCluster(application: application)
    }

    func commit(_ writes: [StoreWrite], epoch: CoordinatorEpoch, application: ApplicationID) async -> CommitOutcome {
        try? await Task.sleep(for: self.now.delay)
        return self.state.withLock { state in
            guard state.epoch == epoch else { return .deposed }
            state.commits.append(writes)
            return .committed
        }
    }

    func checkpoint(_ rows: [CheckpointRow], epoch: CoordinatorEpoch, application: ApplicationID) async -> CommitOutcome {
        try? await Task.sleep(for: self.now.delay)
        return self.state.withLock { state in
            guard state.epoch == epoch else { return .deposed }
            state.checkpoints.append(rows)
            return .committed
        }
    }

    func history(of application: ApplicationID, limit: Int) async throws -> [HistoryLine] { [] }

    func close() async {
        self.change { $0.closed = true }
    }
}
