import GatewayModel
import NIOCore

/// One payload from the gateway, as far as a shard's life depends on it.
enum InboundPayload {
    case dispatch(sequence: Int64, type: String, data: ByteBuffer)
    case ready(sequence: Int64, sessionID: String, resumeGatewayURL: String, data: ByteBuffer)
    case resumed(sequence: Int64, data: ByteBuffer)
    case other(SessionInput)
    /// An opcode that Discord may add any day.
    case unknown

    enum Failure: Error, Hashable {
        case incompleteDispatch
        case unusableHello
        case unusableReady
        case unusableInvalidSession
    }

    /// Throws `EnvelopeError` or `Failure`.
    init(_ payload: ByteBuffer) throws {
        let envelope: GatewayEnvelope
        do {
            envelope = try payload.withUnsafeReadableBytes { try GatewayEnvelope(scanning: $0) }
        }
        let data = envelope.data.flatMap { payload.getSlice(at: payload.readerIndex + $0.lowerBound, length: $0.count) }
        switch envelope.op {
        case 0:
            guard let sequence = envelope.sequence, let type = envelope.type else { throw Failure.incompleteDispatch }
            self = try Self.dispatch(sequence, type, data ?? ByteBuffer(staticString: "null"))
        case 1: self = .other(.heartbeatRequested)
        case 7: self = .other(.reconnectRequested)
        case 9:
            guard let isResumable = data?.withUnsafeReadableBytes({ EnvelopeData.isResumable($0) }) else { throw Failure.unusableInvalidSession }
            self = .other(.invalidSession(resumable: isResumable))
        case 10:
            guard let interval = data?.withUnsafeReadableBytes({ EnvelopeData.heartbeatInterval($0) }) else { throw Failure.unusableHello }
            self = .other(.hello(heartbeatInterval: interval))
        case 11: self = .other(.heartbeatAcknowledged)
        default: self = .unknown
        }
    }

    private static func dispatch(_ sequence: Int64, _ type: String, _ data: ByteBuffer) throws -> InboundPayload {
        switch type {
        case "READY":
            guard let ready = data.withUnsafeReadableBytes({ EnvelopeData.ready($0) }) else { throw Failure.unusableReady }
            return .ready(sequence: sequence, sessionID: ready.sessionID, resumeGatewayURL: ready.resumeGatewayURL, data: data)
        case "RESUMED": return .resumed(sequence: sequence, data: data)
        default: return .dispatch(sequence: sequence, type: type, data: data)
        }
    }
}
