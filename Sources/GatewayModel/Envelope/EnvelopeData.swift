/// Reads what the session machine needs out of a payload's `d`, which may be megabytes long, without decoding the rest.
public enum EnvelopeData {
    /// `d.heartbeat_interval` of HELLO.
    public static func heartbeatInterval(_ data: UnsafeRawBufferPointer) -> Duration? {
        var interval: Duration?
        // It was found well-formed with its envelope, so there is nothing to throw.
        try? JSONCursor.forEachField(in: data) { key, value throws(EnvelopeError) in
            guard JSONCursor.string(key, in: data) == "heartbeat_interval", let number = JSONCursor.integer(at: value, in: data) else { return }
            // Beyond these bounds the machine refuses it; within them `Duration` cannot overflow.
            interval = .milliseconds(max(-1, min(number, 1 << 40)))
        }
        return interval
    }

    /// What a session id may have; Discord's have 32. A longer one would fit neither into RESUME nor past the coordinator.
    public static let maxSessionIDBytes = 128

    /// `d.session_id` and `d.resume_gateway_url` of READY; `nil` unless both are strings that are not empty, the id of at most `maxSessionIDBytes`.
    public static func ready(_ data: UnsafeRawBufferPointer) -> (sessionID: String, resumeGatewayURL: String)? {
        var sessionID: String?
        var url: String?
        try? JSONCursor.forEachField(in: data) { key, value throws(EnvelopeError) in
            switch JSONCursor.string(key, in: data) {
            case "session_id": sessionID = JSONCursor.string(at: value, in: data)
            case "resume_gateway_url": url = JSONCursor.string(at: value, in: data)
            default: break
            }
        }
        guard let sessionID, let url, 1...Self.maxSessionIDBytes ~= sessionID.utf8.count, !url.isEmpty else { return nil }
        return (sessionID, url)
    }

    /// `d` of op 9; `nil` unless it is a Boolean.
    public static func isResumable(_ data: UnsafeRawBufferPointer) -> Bool? {
        data.isEmpty ? nil : JSONCursor.boolean(at: 0..<data.count, in: data)
    }
}
