/// What an operator, a test or a simulation makes the gateway do.
public enum Fault: Hashable, Sendable {
    /// Op 7 to each connection. The connection stays open.
    case reconnect(Target)
    /// Op 9. Not resumable: the sessions end, detached ones too. Resumable: they are detached and stay.
    case invalidate(Target, resumable: Bool)
    /// Close frame with any code. The codes after which Discord refuses a RESUME (`CloseCode.endsSession`) end the session.
    case close(Target, code: UInt16)
    /// TCP ends without close frame; sessions stay, detached.
    case cut(Target, TransportCut)
    /// Nothing is sent for a while, answers included; then all of it, in order.
    case stall(Target, Duration)
    /// Heartbeats are not ACKed for a while; all else goes on.
    case withholdACKs(Target, Duration)
    /// Op 1 to each connection.
    case requestHeartbeat(Target)
    /// Sessions end without a word to anyone: a later RESUME finds nothing. Attached connections stay and get no more events.
    case forget(Target)
    /// The next connections are greeted otherwise than with HELLO. `count` at least 0.
    case greet(next: Int, Greeting)
    /// The next good IDENTIFYs are refused; they count towards both limits. `count` at least 0.
    case refuseIdentify(next: Int, Refusal)
    /// The next RESUMEs with a good token are refused. `count` at least 0.
    case refuseResume(next: Int, Refusal)
    /// The next connections end once they were sent `payloads`, HELLO being the first; what was to come after is replayed by a RESUME. Both at least 0.
    case endEarly(next: Int, payloads: Int, EarlyEnd)
    /// The token is dead as after the daily limit: all sessions end, connections close with 4004, `/gateway/bot` answers 401.
    case killToken
    /// Changes the rules from now on. Running sessions keep what they have.
    case configure(ConfigurationChange)
    /// IDENTIFYs already counted in this window, to rehearse the limit. In `0...identifyLimitTotal`.
    case setIdentifiesSpent(Int)
}

/// How TCP ends.
public enum TransportCut: String, Hashable, Codable, Sendable, CaseIterable {
    case fin
    case reset
}
