/// Op 6 as the gateway understood it.
public struct Resume: Hashable, Sendable {
    public var token: String
    public var sessionID: String
    /// The last `s` the client has.
    public var sequence: Int64

    public init(token: String, sessionID: String, sequence: Int64) {
        self.token = token
        self.sessionID = sessionID
        self.sequence = sequence
    }
}
