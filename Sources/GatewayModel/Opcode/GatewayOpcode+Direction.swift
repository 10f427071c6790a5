extension GatewayOpcode {
    /// Who may send an opcode.
    public enum Direction: String, Hashable, Sendable {
        /// The client only.
        case send
        /// Discord only.
        case receive
        /// Either.
        case both
    }

    /// Whether a client may send it. Anything else ends in close 4001.
    public var canBeSent: Bool { self.direction != .receive }

    /// Whether Discord sends it.
    public var canBeReceived: Bool { self.direction != .send }
}
