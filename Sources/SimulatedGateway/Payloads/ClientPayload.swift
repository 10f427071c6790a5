/// One message from a client, decoded. Each counts towards 120 in 60 s, whatever it holds.
public enum ClientPayload: Hashable, Sendable {
    /// Op 2.
    case identify(Identify)
    /// Op 6.
    case resume(Resume)
    /// Op 1, `d`.
    case heartbeat(sequence: Int64?)
    /// Ops 3, 4, 8, 31 and 43.
    case command(ClientCommand)
    /// An op that clients may not send: 4001.
    case unknownOp(Int)
    /// A known op with a body that does not fit it: 4001.
    case badBody(op: Int)
    /// No JSON, or no `op`, or a compressed or ETF payload: 4002.
    case undecodable
    /// More than 4096 bytes: 4002, and a violation.
    case tooLarge(bytes: Int)
}
