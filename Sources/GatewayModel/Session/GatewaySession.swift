/// What any host needs to RESUME a shard. The three fields change together.
public struct GatewaySession: Hashable, Codable, Sendable {
    /// `session_id` of READY.
    public var sessionID: String
    /// `resume_gateway_url` of READY, without query.
    public var resumeGatewayURL: String
    /// The last accepted `s`: everything up to it is with the sink. Never falls within one session.
    public var sequence: Int64

    /// A session that was stored, or came from another process.
    public init(sessionID: String, resumeGatewayURL: String, sequence: Int64) {
        self.sessionID = sessionID
        self.resumeGatewayURL = resumeGatewayURL
        self.sequence = sequence
    }
}
