/// What follows when a gateway connection closed. One table maps close codes to it (`CloseDisposition.after(code:)`).
public enum CloseDisposition: String, Hashable, Codable, Sendable, CaseIterable {
    /// Keep the session, RESUME.
    case resume
    /// Drop the session, IDENTIFY with a permit.
    case identify
    /// 4010, 4011: this shard set cannot run. Nothing re-identifies by itself.
    case stopShardSet
    /// 4004, 4012, 4013, 4014: the application cannot run. Nothing re-identifies by itself.
    case stopApplication
}

extension CloseDisposition {
    /// What the one table of close codes says (`GatewayCloseCode.disposition`); `resume` for `nil`.
    ///
    /// - Parameter code: of the server's close frame; `nil` for a bare TCP end.
    public static func after(code: UInt16?) -> CloseDisposition {
        code.map { GatewayCloseCode(rawValue: $0).disposition } ?? .resume
    }
}
