public import GatewayModel

/// What the coordinator tells a worker. Each carries the coordinator epoch on the wire (`CoordinatorEnvelope`); a lower one is dropped.
public enum CoordinatorMessage: Hashable, Sendable {
    /// Answers `hello`; counts as the ack of its stamp. `dialsPerSecond`: see `ack`.
    case welcome(stamp: Instant, isolation: Isolation, dialsPerSecond: Int)
    /// The worker cannot join: it ends with this text. What, why, fix.
    case refused(String)
    /// Answers `renew`: the lease counts from `stamp`, the worker's own send time. Depends on no commit.
    /// `dialsPerSecond`: this worker's share of the gateway connections that the application opens in a second, at least 1.
    case ack(stamp: Instant, isolation: Isolation, dialsPerSecond: Int)
    case assign(Assignment)
    case revoke(ShardLease, StopMode)
    /// The key of this shard is about to be free: dial, come to HELLO, then `take`.
    case offer(PermitID, ShardLease)
    /// Committed: IDENTIFY now, at most `permitValidity` after the stamp of the `take`.
    case go(PermitID)
    /// Committed: this shard is to show it, now and in every session to come. Told again while its reports name another revision.
    case presence(ShardLease, PlannedPresence)
    /// Send it over this shard within so much time, or not at all; `WorkerMessage.commandEnded` answers.
    case command(CommandTicket, ShardLease, GatewayCommand, within: Duration)
    /// A fatal code met the application: close every shard of it (resumably), retry nothing.
    case stopApplication(reason: String)
}

public struct CoordinatorEnvelope: Hashable, Sendable {
    public var epoch: CoordinatorEpoch
    public var message: CoordinatorMessage

    public init(epoch: CoordinatorEpoch, message: CoordinatorMessage) {
        self.epoch = epoch
        self.message = message
    }
}

/// A shard given to a worker, with all that it needs to run it. The token travels only here.
public struct Assignment: Hashable, Sendable {
    public var lease: ShardLease
    /// The worker's incarnation that it is meant for; another drops it.
    public var incarnation: Incarnation
    public var numShards: Int
    /// RESUME it first, where there is one.
    public var session: GatewaySession?
    public var application: ApplicationID
    public var token: Secret
    public var intents: UInt64
    /// `url` of `GET /gateway/bot`, without query.
    public var gatewayURL: String
    /// What it is to show; `nil`: nothing was ever set.
    public var presence: PlannedPresence?
    /// The session shows that already, since Discord keeps a session's presence over a RESUME.
    public var isPresenceShown: Bool
    public var identify: IdentifyOptions

    public init(
        lease: ShardLease, incarnation: Incarnation, numShards: Int, session: GatewaySession?, application: ApplicationID, token: Secret, intents: UInt64,
        gatewayURL: String, presence: PlannedPresence? = nil, isPresenceShown: Bool = false, identify: IdentifyOptions = IdentifyOptions()
    ) {
        self.lease = lease
        self.incarnation = incarnation
        self.numShards = numShards
        self.session = session
        self.application = application
        self.token = token
        self.intents = intents
        self.gatewayURL = gatewayURL
        self.presence = presence
        self.isPresenceShown = isPresenceShown
        self.identify = identify
    }
}
