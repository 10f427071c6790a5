import GatewayModel
import NIOCore

// What goes out.
extension ShardDriver {
    /// One that does not leave is missed by the zombie rule.
    func sendHeartbeat(sequence: Int64?) {
        self.write(op: 1, OutboundPayload.heartbeat(sequence: sequence))
    }

    func sendIdentify() {
        self.send(op: 2, OutboundPayload.identify(self.configuration, presence: self.configuration.presence))
    }

    func sendResume(_ session: GatewaySession) {
        self.send(op: 6, OutboundPayload.resume(session, token: self.configuration.token))
    }

    /// IDENTIFY and RESUME: one that does not leave is told.
    private func send(op: Int, _ data: PayloadValue) {
        let payload = self.codec.encode(op: op, data: data)
        guard payload.count <= OutboundPayload.maxBytes else {
            return self.handle(.sendFailed(reason: "our own payload has \(payload.count) bytes, more than Discord takes"))
        }
        guard self.write(payload) else { return self.handle(.sendFailed(reason: "the peer takes nothing at present")) }
    }

    @discardableResult
    private func write(op: Int, _ data: PayloadValue) -> Bool {
        self.write(self.codec.encode(op: op, data: data))
    }

    private func write(_ payload: [UInt8]) -> Bool {
        self.connection?.send(payload, isBinary: self.configuration.encoding == .etf) ?? false
    }
}
