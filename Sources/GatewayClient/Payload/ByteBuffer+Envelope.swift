import GatewayModel
import NIOCore

extension ByteBuffer {
    /// `d`, sharing the payload's bytes.
    @inline(__always)
    func data(of envelope: GatewayEnvelope) -> ByteBuffer? {
        guard let range = envelope.data else { return nil }
        return self.getSlice(at: self.readerIndex &+ range.lowerBound, length: range.count)
    }
}
