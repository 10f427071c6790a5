public import GatewayModel

/// Decides when a shard may IDENTIFY. Discord takes one IDENTIFY per rate-limit key (`shard_id % max_concurrency`) every 5 seconds, and a limited
/// number a day, whoever sends them: every process of a bot must ask the same authority. A bot in one process has `LocalIdentifyGate`; several processes
/// share one that you write, over whatever they have in common.
///
/// For each IDENTIFY a group calls, in this order: `acquire`, then (once the shard's socket has said HELLO) `commit`, then `settle`. A RESUME asks
/// nothing. Source: Discord docs, Gateway › Rate Limiting and Session Start Limit.
public protocol IdentifyGate: Sendable {
    /// Suspends until this shard may dial for IDENTIFY. A cancelled call gives its place up and throws `CancellationError`.
    ///
    /// Trouble that passes is waited out in here. Anything else that is thrown ends the group: its sessions are kept.
    ///
    /// - Returns: names this permission; never the same twice.
    func acquire(shard: ShardID, numShards: Int) async throws -> PermitID

    /// The shard's socket is ready. Suspends until the rate-limit key is free, spends the permit, and says until when IDENTIFY may be written.
    ///
    /// A shard waits about ten seconds for it. A cancelled call throws `CancellationError`.
    ///
    /// - Throws: `PermitWithdrawn` where the permit is no longer to be had: the group acquires another.
    func commit(_ permit: PermitID) async throws -> Instant

    /// How the permit ended: exactly once for each one acquired, also where it was never committed, and also from a cancelled task.
    func settle(_ permit: PermitID, _ outcome: IdentifyOutcome) async
}

/// A permit was not committed in time, or its terms changed: acquire another.
public struct PermitWithdrawn: Error, Hashable, Sendable {
    /// For gates of your own.
    public init() {}
}
