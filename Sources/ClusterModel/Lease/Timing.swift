/// The timers of the cluster, from `docs/protocol.md`. One closed system: change one and the sums below must still hold.
public struct Timing: Hashable, Sendable {
    public var renewInterval = Duration.seconds(1)
    /// TW: a worker's lease, from the *send* time of the renewal that was acked.
    public var workerLease = Duration.seconds(10)
    /// Under `fence` the worker starts closing this long after that send time.
    public var workerFence = Duration.seconds(9)
    /// TC: the coordinator frees the shards this long after the last renewal it received.
    public var coordinatorLease = Duration.milliseconds(11_500)
    /// V: a permit may be used this long after the worker's own stamp.
    public var permitValidity = Duration.seconds(2)
    /// Unknown outcome: the key is free this long after the commit (V + D + 5 s).
    public var unknownOutcome = Duration.seconds(17)
    /// From a proven outcome to the next permit of the key: 5 s × (1 + 1 %) + 50 ms.
    public var identifySpacing = Duration.milliseconds(5_100)
    /// An offer that is neither taken nor declined is withdrawn after this.
    public var offerLimit = Duration.seconds(16)
    /// Offers go out this long before their key is free, so that dialing costs no time.
    public var offerLead = Duration.seconds(1)
    /// A revoke that is not answered waits for a death certificate or the lease; this long is normal.
    public var revokeLimit = Duration.seconds(3)
    /// How long a goodbye with `returning` keeps the shards.
    public var returningGrace = Duration.seconds(3)
    /// After the first worker joins an idle cluster, how long to wait for others before the first placement.
    public var settle = Duration.seconds(1)
    /// How old the last `GET /gateway/bot` may be when identifying.
    public var gatewayInfoMaxAge = Duration.seconds(60)
    /// How often Discord's recommended number of shards is looked at where nothing else asks for it.
    public var recommendationInterval = Duration.seconds(3600)
    /// Refused store writes are tried again after this.
    public var storeRetry = Duration.seconds(1)

    public init() {}
}
