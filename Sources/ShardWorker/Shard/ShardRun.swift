import ClusterModel
import GatewayClient
import GatewayModel

/// What the worker needs of a running shard; `GatewayShard` is the one, tests have their own.
protocol ShardRun: Sendable {
    func run() async -> ShardEnd
    func offer(_ permit: PermitID)
    func grant(_ permit: PermitID, validUntil: Instant)
    func accepted(sequence: Int64, sessionID: String)
    func flushed()
    func resumeReading()
    func setAuthority(_ authority: DialAuthority)
    /// `ended` is called once, from anywhere.
    func submit(_ command: GatewayCommand, within limit: Duration, ended: @escaping @Sendable (Result<Void, CommandError>) -> Void)
    func stop(_ mode: StopMode)
}

extension GatewayShard: ShardRun {}

/// Builds the run of one assignment; it starts with `run()`.
typealias ShardFactory = @Sendable (Assignment, any ShardHandler) -> any ShardRun

/// The sink's answers go to the shard.
struct ShardSinkListener: SinkListener {
    let shard: any ShardRun

    func sinkAccepted(_ position: AcceptedPosition) {
        self.shard.accepted(sequence: position.sequence, sessionID: position.sessionID)
    }

    func sinkDrained() {
        self.shard.resumeReading()
    }
}
