import GatewayModel
import NIOCore

/// All that a connection is sent after the upgrade: complete WebSocket frames, one after the other.
struct FrameBlob: Sendable {
    private(set) var bytes = ByteBuffer()
    /// The end of HELLO's frame.
    private(set) var helloEnd = 0
    /// The end of the last frame of the warm-up.
    private(set) var warmUpEnd = 0
    /// Of all events together, before compression.
    private(set) var payloadBytes = 0
    /// Of those of the warm-up.
    private(set) var warmUpPayloadBytes = 0

    init(_ plan: TrafficPlan, url: String) {
        let compressor = StreamCompressor(plan.compression)
        let opcode: UInt8 = plan.compression == .none && plan.encoding == .json ? 1 : 2
        func append(_ payload: [UInt8], to blob: inout ByteBuffer) {
            compressor.compress(payload) { data in
                Self.writeHeader(opcode: opcode, count: data.count, to: &blob)
                blob.writeBytes(data)
            }
        }
        append(Payloads.hello(plan), to: &self.bytes)
        self.helloEnd = self.bytes.writerIndex
        append(Payloads.ready(plan, url: url), to: &self.bytes)
        var payloads = Payloads(plan)
        var count = 0
        while let payload = payloads.nextEvent() {
            append(payload, to: &self.bytes)
            count += 1
            self.payloadBytes += payload.count
            guard count == plan.warmUp else { continue }
            self.warmUpEnd = self.bytes.writerIndex
            self.warmUpPayloadBytes = self.payloadBytes
        }
    }

    /// A server's frame: final, not masked.
    private static func writeHeader(opcode: UInt8, count: Int, to buffer: inout ByteBuffer) {
        buffer.writeInteger(0x80 | opcode)
        switch count {
        case 0..<126: buffer.writeInteger(UInt8(count))
        case 126..<65536:
            buffer.writeInteger(UInt8(126))
            buffer.writeInteger(UInt16(count))
        default:
            buffer.writeInteger(UInt8(127))
            buffer.writeInteger(UInt64(count))
        }
    }
}
