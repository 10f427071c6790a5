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
        switch envelope.op {
        case 1: return .heartbeatRequested
        case 7: return .reconnectRequested
        case 9:
            guard let isResumable = data?.withUnsafeReadableBytes({ codec.isResumable($0) }) else { throw .unusableInvalidSession }
            return .invalidSession(resumable: isResumable)
        case 10:
            guard let interval = data?.withUnsafeReadableBytes({ codec.heartbeatInterval($0) }) else { throw .unusableHello }
            return .hello(heartbeatInterval: interval)
        case 11: return .heartbeatAcknowledged
        // Discord may add opcodes any day.
        default: return nil
        }
    }
}
