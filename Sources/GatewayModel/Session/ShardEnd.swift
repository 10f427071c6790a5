/// Why a shard's run ended. Anything else is retried inside the run.
public enum ShardEnd: Hashable, Codable, Sendable {
    /// Stopped on request (`StopMode`); the session to continue with elsewhere, `nil` where there is none or it was retired.
    case stopped(GatewaySession?)
    /// A fatal close code (4004, 4010–4014).
    case fatal(code: UInt16, CloseDisposition)
}
