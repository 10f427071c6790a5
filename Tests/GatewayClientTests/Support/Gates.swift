import GatewayClient
import Synchronization

/// For shards that only RESUME: that one asks is the failure.
struct ForbiddenGate: IdentifyGate {
    struct Asked: Error {}

    func acquire(shard: ShardID, numShards: Int) async throws -> PermitID { throw Asked() }
    func commit(_ permit: PermitID) async throws -> Instant { throw Asked() }
    func settle(_ permit: PermitID, _ outcome: IdentifyOutcome) async {}
}

/// Lets nobody through whom the test does not name, and notes every call.
final class NotingGate: IdentifyGate {
    enum Call: Hashable, Sendable {
        case acquired(PermitID, ShardIdentity)
        case committed(PermitID)
        case settled(PermitID, IdentifyOutcome)
    }

    private struct State {
        var isOpen: Set<ShardIdentity>
        var permits = 0
        var calls: [Call] = []
        var asked: [ShardIdentity] = []
    }

    private let state: Mutex<State>

    init(open: [ShardIdentity]) {
        self.state = Mutex(State(isOpen: Set(open)))
    }

    var calls: [Call] { self.state.withLock { $0.calls } }
    /// Who called `acquire`, in order.
    var asked: [ShardIdentity] { self.state.withLock { $0.asked } }

    func open(_ shard: ShardIdentity) { self.state.withLock { _ = $0.isOpen.insert(shard) } }

    func acquire(shard: ShardID, numShards: Int) async throws -> PermitID {
        let identity = ShardIdentity(id: shard, numShards: numShards)
        self.state.withLock { $0.asked.append(identity) }
        while true {
            let permit = self.state.withLock { state -> PermitID? in
                guard state.isOpen.contains(identity) else { return nil }
                state.permits += 1
                let permit = PermitID(rawValue: "n\(state.permits)")
                state.calls.append(.acquired(permit, identity))
                return permit
            }
            if let permit { return permit }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    func commit(_ permit: PermitID) async throws -> Instant {
        self.state.withLock { $0.calls.append(.committed(permit)) }
        return BootClock.now + .seconds(2)
    }

    func settle(_ permit: PermitID, _ outcome: IdentifyOutcome) async {
        self.state.withLock { $0.calls.append(.settled(permit, outcome)) }
    }
}
