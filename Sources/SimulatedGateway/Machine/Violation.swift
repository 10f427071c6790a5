public import GatewayModel

/// A rule of Discord's that a client broke.
public struct Violation: Hashable, Sendable {
    public var at: Instant
    public var kind: Kind
    public var detail: String

    public enum Kind: String, Hashable, Codable, Sendable, CaseIterable {
        /// Two IDENTIFYs of one rate-limit key arrived less than 5.000 s apart.
        case identifySpacing = "identify_spacing"
        /// An IDENTIFY beyond the daily limit: the token is dead.
        case dailyLimit = "daily_limit"
        /// More than 120 payloads in 60 s.
        case sendRate = "send_rate"
        /// A payload of more than 4096 bytes.
        case payloadSize = "payload_size"
        /// A RESUME while the session's old connection was still open.
        case doubleResume = "double_resume"
        /// A second IDENTIFY or RESUME on an authenticated connection (4005).
        case alreadyAuthenticated = "already_authenticated"
        /// A payload before IDENTIFY or RESUME (4003).
        case notAuthenticated = "not_authenticated"
        /// An op or a body that no client may send (4001, 4002).
        case badPayload = "bad_payload"
        /// A RESUME with a sequence the session never reached (4007).
        case invalidSequence = "invalid_sequence"
        /// A bad shard tuple, intents, or API version (4010, 4012, 4013).
        case badIdentify = "bad_identify"
        /// A command for a guild that another shard owns.
        case wrongShard = "wrong_shard"
        /// More than 5 presences in 20 s.
        case presenceRate = "presence_rate"
        /// A full member list without the GUILD_MEMBERS intent.
        case missingIntent = "missing_intent"
        /// A wrong token (4004).
        case authentication = "authentication"
    }

    public init(at: Instant, kind: Kind, detail: String) {
        self.at = at
        self.kind = kind
        self.detail = detail
    }
}
