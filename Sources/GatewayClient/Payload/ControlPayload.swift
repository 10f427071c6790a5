import GatewayModel
import NIOCore

/// What a payload lacks that its opcode demands.
enum InboundFailure: Error, Hashable {
    case incompleteDispatch
    case unusableHello
    case unusableReady
    case unusableInvalidSession
}

/// Any payload but op 0: what it means for a shard's life.
enum ControlPayload {
    static func input(_ envelope: GatewayEnvelope, _ payload: ByteBuffer, _ codec: PayloadCodec) throws(InboundFailure) -> SessionInput? {
        let data = payload.data(of: envelope)
        switch GatewayOpcode(rawValue: envelope.op) {
        case .heartbeat: return .heartbeatRequested
        case .reconnect: return .reconnectRequested
        case .invalidSession:
            guard let isResumable = data?.withUnsafeReadableBytes({ codec.isResumable($0) }) else { throw .unusableInvalidSession }
            return .invalidSession(resumable: isResumable)
        case .hello:
            guard let interval = data?.withUnsafeReadableBytes({ codec.heartbeatInterval($0) }) else { throw .unusableHello }
            return .hello(heartbeatInterval: interval)
        case .heartbeatACK: return .heartbeatAcknowledged
        // Discord may add opcodes any day. The others are ours to send, or not for here.
        case .dispatch, .identify, .presenceUpdate, .voiceStateUpdate, .resume, .requestGuildMembers, .requestSoundboardSounds, .requestChannelInfo, nil:
            return nil
        }
    }
}
