import GatewayModel
import NIOCore

// From a message to what the session machine makes of it. The path of a dispatch is the hot one.
extension ShardDriver: WebSocketConnectionOwner {
    func received(_ message: WebSocketMessage, from connection: WebSocketConnection) {
        guard connection === self.connection else { return }
        do {
            if let inflater = self.inflater {
                guard let payload = try inflater.inflate(message.data, isBinary: message.isBinary) else { return }
                try self.received(payload)
            } else {
                try self.received(message.data)
            }
        } catch {
            self.handle(.malformed(reason: "\(error)"))
        }
    }

    func receivedMalformed(_ reason: String, from connection: WebSocketConnection) {
        guard connection === self.connection else { return }
        self.handle(.malformed(reason: reason))
    }

    func closed(code: UInt16?, reason: String, from connection: WebSocketConnection) {
        guard connection === self.connection else { return }
        self.connection = nil
        self.inflater = nil
        self.handle(.closed(code: code, reason: reason))
    }

    @inline(__always)
    private func received(_ payload: ByteBuffer) throws {
        let envelope = try payload.withUnsafeReadableBytes { bytes throws(EnvelopeError) in
            try self.codec.envelope(bytes, wanted: self.scanned)
        }
        guard envelope.op == 0 else {
            guard let input = try ControlPayload.input(envelope, payload, self.codec) else { return }
            if case .hello(let interval) = input { self.commands.helloReceived(interval: interval) }
            return self.handle(input)
        }
        guard let sequence = envelope.sequence, let type = envelope.type else { throw InboundFailure.incompleteDispatch }
        if type == .ready { return try self.receivedReady(sequence, envelope, payload) }
        if type == .resumed { return self.handle(.resumed(sequence: sequence), with: self.dispatch(sequence, type, envelope, payload)) }
        guard type != .guildMembersChunk, type != .rateLimited else { return self.receivedAnswer(sequence, type, envelope, payload) }
        switch self.machine.dispatchReceived(sequence: sequence, isPruned: envelope.isPruned, at: BootClock.now) {
        case .deliver where envelope.isPruned: self.pruned.count(type)
        case .deliver: self.deliver(self.dispatch(sequence, type, envelope, payload))
        case .drop: break
        case .handle where envelope.isPruned:
            self.pruned.count(type)
            self.handle(.pruned(sequence: sequence))
        case .handle: self.handle(.dispatch(sequence: sequence), with: self.dispatch(sequence, type, envelope, payload))
        }
    }

    /// Callers may wait for it, whether or not the holder wants it. One that comes again changes nothing for them.
    private func receivedAnswer(_ sequence: Int64, _ type: EventType, _ envelope: GatewayEnvelope, _ payload: ByteBuffer) {
        let dispatch = self.dispatch(sequence, type, envelope, payload)
        let isWanted = self.configuration.wanted?.contains(type) ?? true
        self.handle(isWanted ? .dispatch(sequence: sequence) : .pruned(sequence: sequence), with: dispatch)
        guard self.commands.awaitsMembers else { return }
        self.commands.received(dispatch)
        self.armTimer()
    }

    private func receivedReady(_ sequence: Int64, _ envelope: GatewayEnvelope, _ payload: ByteBuffer) throws {
        let dispatch = self.dispatch(sequence, .ready, envelope, payload)
        guard let ready = dispatch.data.withUnsafeReadableBytes({ self.codec.ready($0) }) else { throw InboundFailure.unusableReady }
        let url = self.usable(ready.resumeGatewayURL)
        self.handle(.ready(sequence: sequence, sessionID: ready.sessionID, resumeGatewayURL: url), with: dispatch)
    }

    /// The session is the machine's present one, but for READY, which begins one.
    @inline(__always)
    private func dispatch(_ sequence: Int64, _ type: EventType, _ envelope: GatewayEnvelope, _ payload: ByteBuffer) -> GatewayDispatch {
        GatewayDispatch(
            shard: self.configuration.shard, numShards: self.configuration.numShards, sequence: sequence, sessionID: self.machine.sessionID ?? "", type: type,
            encoding: self.configuration.encoding, data: payload.data(of: envelope) ?? self.absentData)
    }

    private func handle(_ input: SessionInput, with dispatch: GatewayDispatch) {
        self.dispatch = dispatch
        self.handle(input)
        self.dispatch = nil
    }
}
