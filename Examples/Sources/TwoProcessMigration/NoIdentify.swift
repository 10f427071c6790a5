import GatewayClient

/// Process b has no right to IDENTIFY: all processes of a bot share one rate limit, and process a's gate knows nothing of b. Its shards RESUME, which
/// asks nothing. A bot of many processes has a gate here that asks all of them's common authority.
struct NoIdentify: IdentifyGate {
    struct SessionsExpected: Error {}

    func acquire(shard: ShardID, numShards: Int) async throws -> PermitID { throw SessionsExpected() }
    func commit(_ permit: PermitID) async throws -> Instant { throw SessionsExpected() }
    func settle(_ permit: PermitID, _ outcome: IdentifyOutcome) async {}
}
