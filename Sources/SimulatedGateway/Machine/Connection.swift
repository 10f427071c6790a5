import GatewayModel

/// One open WebSocket as the gateway sees it.
struct Connection: Hashable, Sendable {
    var state = State.unauthenticated
    /// Closed with 4000 if no heartbeat came by then.
    var heartbeatDeadline: Instant
    /// Arrivals of the last 60 s, oldest first, at most the send limit.
    var arrivals: [Instant] = []
    var stall: Stall?
    var ackWithheldUntil: Instant?

    /// `nil`: without end.
    var budget: Budget?

    /// How much it is sent before it ends.
    struct Budget: Hashable, Sendable {
        var payloads: Int
        var end: EarlyEnd
    }

    enum State: Hashable, Sendable {
        case unauthenticated
        /// IDENTIFY accepted; READY at the instant.
        case identifying(Identify, readyAt: Instant)
        /// IDENTIFY refused; op 9 `false` at the instant.
        case refusing(at: Instant)
        case authenticated(SessionKey)
    }

    struct Stall: Hashable, Sendable {
        var until: Instant
        var held: [ServerPayload] = []
    }

    var isAuthenticated: Bool {
        if case .authenticated = self.state { true } else { false }
    }

    init(heartbeatDeadline: Instant) {
        self.heartbeatDeadline = heartbeatDeadline
    }
}
