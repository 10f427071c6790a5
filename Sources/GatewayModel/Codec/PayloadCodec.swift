/// Reads and writes gateway payloads in one encoding. An enumeration, so that the hot path pays a branch and no more.
public enum PayloadCodec: Hashable, Sendable {
    /// UTF-8 text.
    case json
    /// Erlang's external term format, in binary messages. A payload's data is the bytes of a term, without the version byte 131.
    case etf

    /// Both encodings read and write the same values.
    public init(_ encoding: GatewayEncoding) {
        switch encoding {
        case .json: self = .json
        case .etf: self = .etf
        }
    }

    /// Scans one whole payload, checking all of it, but for the data of a dispatch that nobody wants.
    ///
    /// - Parameters:
    ///   - bytes: nothing before and nothing after the payload.
    ///   - wanted: `nil` for every dispatch.
    public func envelope(_ bytes: UnsafeRawBufferPointer, wanted: EventSet? = nil) throws(EnvelopeError) -> GatewayEnvelope {
        switch self {
        case .json: try GatewayEnvelope(scanning: bytes, wanted: wanted)
        case .etf: try GatewayEnvelope(scanningETF: bytes, wanted: wanted)
        }
    }

    /// `heartbeat_interval` in the data of HELLO (milliseconds on the wire); `nil` unless it is a whole number.
    public func heartbeatInterval(_ data: UnsafeRawBufferPointer) -> Duration? {
        switch self {
        case .json: EnvelopeData.heartbeatInterval(data)
        case .etf: ETFEnvelopeData.heartbeatInterval(data)
        }
    }

    /// `session_id` and `resume_gateway_url` in the data of READY; `nil` unless both are strings that are not empty, the id of at most
    /// `EnvelopeData.maxSessionIDBytes`.
    public func ready(_ data: UnsafeRawBufferPointer) -> (sessionID: String, resumeGatewayURL: String)? {
        switch self {
        case .json: EnvelopeData.ready(data)
        case .etf: ETFEnvelopeData.ready(data)
        }
    }

    /// The data of op 9; `nil` unless it is a Boolean.
    public func isResumable(_ data: UnsafeRawBufferPointer) -> Bool? {
        switch self {
        case .json: EnvelopeData.isResumable(data)
        case .etf: ETFEnvelopeData.isResumable(data)
        }
    }

    /// What data that is absent reads as: JSON's `null`, or the atom `nil`.
    package var null: [UInt8] {
        switch self {
        case .json: Array("null".utf8)
        case .etf: [ETFTag.smallAtomUTF8, 3] + Array("nil".utf8)
        }
    }

    /// A complete payload to send: `op` and `d`.
    public func encode(op: Int, data: PayloadValue) -> [UInt8] {
        let payload: PayloadValue = ["op": .integer(Int64(op)), "d": data]
        switch self {
        case .json:
            var writer = JSONWriter()
            writer.append(payload)
            return writer.output
        case .etf:
            var writer = ETFWriter()
            writer.append(payload)
            return writer.output
        }
    }
}
