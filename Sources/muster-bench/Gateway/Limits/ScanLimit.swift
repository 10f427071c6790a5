import GatewayModel

struct ScanLimit: MessageLimit {
    func take(_ message: UnsafeRawBufferPointer) {
        guard let envelope = try? GatewayEnvelope(scanning: message), envelope.data != nil else {
            preconditionFailure("our own payload has no data")
        }
    }
}
