import GatewayModel
import NIOCore

// What goes out.
extension ShardDriver {
    /// One that does not leave is missed by the zombie rule.
    func sendHeartbeat(sequence: Int64?) {
        if self.write(self.codec.encode(op: 1, data: OutboundPayload.heartbeat(sequence: sequence))) { self.commands.noteSent() }
    }

    func sendIdentify() {
        let data = OutboundPayload.identify(self.configuration, presence: self.commands.presence)
        if self.send(self.codec.encode(op: 2, data: data)) { self.commands.identifySent() }
    }

    func sendResume(_ session: GatewaySession) {
        let data = OutboundPayload.resume(session, token: self.configuration.token)
        if self.send(self.codec.encode(op: 6, data: data)) { self.commands.noteSent() }
    }

    /// IDENTIFY and RESUME: one that does not leave is told.
    private func send(_ payload: [UInt8]) -> Bool {
        guard payload.count <= CommandLimits.maxPayloadBytes else {
            self.handle(.sendFailed(reason: "our own payload has \(payload.count) bytes, more than Discord takes"))
            return false
        }
        guard self.write(payload) else {
            self.handle(.sendFailed(reason: "the peer takes nothing at present"))
            return false
        }
        return true
    }

    func write(_ payload: [UInt8]) -> Bool {
        self.connection?.send(payload, isBinary: self.configuration.encoding == .etf) ?? false
    }
}
