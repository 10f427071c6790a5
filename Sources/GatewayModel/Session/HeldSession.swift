/// A session as its process holds it: how far it was received, and how far accepted. `accepted <= received`; neither ever falls.
struct HeldSession: Hashable, Sendable {
    let sessionID: String
    let resumeGatewayURL: String
    private(set) var received: Int64
    private(set) var accepted: Int64
    /// The last that was handed on. What is pruned behind it needs no acceptance of its own.
    private var delivered: Int64
    /// `received` when `s` jumped and led to a RESUME. A second jump from there is a gap that Discord will not fill.
    private var jumpedFrom: Int64?

    enum Place: Hashable, Sendable {
        case next, repeated
        /// `s` skips at least one.
        case jump
        /// `s` skips the same again, after a RESUME.
        case sameJump
    }

    /// A session that another process, or an earlier run, had.
    init(_ session: GatewaySession) {
        self.sessionID = session.sessionID
        self.resumeGatewayURL = session.resumeGatewayURL
        self.received = max(0, session.sequence)
        self.accepted = self.received
        self.delivered = self.received
    }

    /// A new session, whose READY is not received yet in the sense of `received`.
    init(sessionID: String, resumeGatewayURL: String, readySequence: Int64) {
        self.sessionID = sessionID
        self.resumeGatewayURL = resumeGatewayURL
        self.received = max(1, readySequence) - 1
        self.accepted = self.received
        self.delivered = self.received
    }

    /// What is stored and RESUMEd.
    var acceptedSession: GatewaySession {
        GatewaySession(sessionID: self.sessionID, resumeGatewayURL: self.resumeGatewayURL, sequence: self.accepted)
    }

    /// After what a gap lies.
    var receivedSession: GatewaySession {
        GatewaySession(sessionID: self.sessionID, resumeGatewayURL: self.resumeGatewayURL, sequence: self.received)
    }

    func place(of sequence: Int64) -> Place {
        if sequence <= self.received { return .repeated }
        if sequence - self.received == 1 { return .next }
        return self.jumpedFrom == self.received ? .sameJump : .jump
    }

    /// - Parameters:
    ///   - sequence: more than `received`.
    ///   - isPruned: nobody will accept it, since nobody gets it.
    mutating func receive(_ sequence: Int64, isPruned: Bool) {
        self.received = sequence
        self.jumpedFrom = nil
        if isPruned { self.acceptPruned() } else { self.delivered = sequence }
    }

    /// The hot path: takes `sequence` if it is the next.
    @inline(__always)
    mutating func receiveIfNext(_ sequence: Int64, isPruned: Bool) -> Bool {
        guard sequence == self.received &+ 1 else { return false }
        self.receive(sequence, isPruned: isPruned)
        return true
    }

    mutating func noteJump() {
        self.jumpedFrom = self.received
    }

    /// More than was received cannot have been accepted.
    mutating func accept(_ sequence: Int64) {
        self.accepted = max(self.accepted, min(sequence, self.received))
        self.acceptPruned()
    }

    /// Everything that was handed on is accepted: then so is what was pruned since.
    private mutating func acceptPruned() {
        if self.accepted >= self.delivered { self.accepted = self.received }
    }
}
