/// Reads what the session machine needs out of an ETF payload's `d`, as `EnvelopeData` does for JSON.
enum ETFEnvelopeData {
    static func heartbeatInterval(_ data: UnsafeRawBufferPointer) -> Duration? {
        var interval: Duration?
        var cursor = ETFCursor(data)
        // Without an interval the machine refuses HELLO, whatever the reason.
        try? cursor.forEachField { key, cursor throws(EnvelopeError) in
            guard let key, cursor.equals(key.range, "heartbeat_interval") else { return try cursor.skip(depth: 1) }
            switch try cursor.scalar() {
            // Beyond these bounds the machine refuses it; within them `Duration` cannot overflow.
            case .integer(let number): interval = .milliseconds(max(-1, min(number, 1 << 40)))
            case .unsigned: interval = .milliseconds(1 << 40)
            default: interval = nil
            }
        }
        return interval
    }

    static func ready(_ data: UnsafeRawBufferPointer) -> (sessionID: String, resumeGatewayURL: String)? {
        var sessionID: String?
        var url: String?
        var cursor = ETFCursor(data)
        try? cursor.forEachField { key, cursor throws(EnvelopeError) in
            if let key, cursor.equals(key.range, "session_id") {
                sessionID = try cursor.text()
            } else if let key, cursor.equals(key.range, "resume_gateway_url") {
                url = try cursor.text()
            } else {
                try cursor.skip(depth: 1)
            }
        }
        guard let sessionID, let url, 1...EnvelopeData.maxSessionIDBytes ~= sessionID.utf8.count, !url.isEmpty else { return nil }
        return (sessionID, url)
    }

    static func isResumable(_ data: UnsafeRawBufferPointer) -> Bool? {
        var cursor = ETFCursor(data)
        guard case .bool(let isResumable) = try? cursor.next() else { return nil }
        return isResumable
    }
}

extension ETFCursor {
    fileprivate mutating func text() throws(EnvelopeError) -> String? {
        guard case .text(let text) = try self.scalar() else { return nil }
        return self.string(text)
    }
}
