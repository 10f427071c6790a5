public import GatewayModel

/// What became of a command at the worker that was told to send it.
public enum ForwardOutcome: Hashable, Sendable {
    /// Written to the shard's connection. Discord confirms no command.
    case sent
    /// Nothing of it left, and never will from here: the shard ended, or was not live in time.
    case notSent
    /// This worker does not run that lease, or is ending it: nothing of it left.
    case notHeld
    /// Discord's limits do not let it out in time. `retryAfter`: when they would.
    case rateLimited(retryAfter: Duration)
    case tooLarge(bytes: Int, limit: Int)
    /// As many commands of that shard wait as may.
    case queueFull(limit: Int)
    case invalid(OperatorMistake)

    /// What a shard's own answer means.
    public init(_ result: Result<Void, CommandError>) {
        switch result {
        case .success: self = .sent
        case .failure(let error): self.init(error)
        }
    }

    private init(_ error: CommandError) {
        switch error {
        case .notConnected, .cancelled: self = .notSent
        case .rateLimited(let retryAfter): self = .rateLimited(retryAfter: retryAfter)
        case .tooLarge(let bytes, let limit): self = .tooLarge(bytes: bytes, limit: limit)
        case .queueFull(let limit): self = .queueFull(limit: limit)
        case .invalid(let mistake): self = .invalid(mistake)
        // Of awaited answers, which are never asked for here.
        case .timedOut, .nonceInUse, .answerTooLarge, .badAnswer:
            let (what, why, fix) = error.explanation
            self = .invalid(OperatorMistake(what: what, why: why, fix: fix))
        }
    }
}

/// What a worker knows of a command that it was told, said with its hello.
public struct CommandReport: Hashable, Sendable {
    public var ticket: CommandTicket
    /// `nil`: it is still with its shard.
    public var outcome: ForwardOutcome?

    public init(ticket: CommandTicket, outcome: ForwardOutcome?) {
        self.ticket = ticket
        self.outcome = outcome
    }
}
