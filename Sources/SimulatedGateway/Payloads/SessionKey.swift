/// A gateway session's number inside the machine; `GatewayMachine.sessionID(of:)` gives the text clients know. Never reused, also not after a restart.
public struct SessionKey: RawRepresentable, Hashable, Comparable, Codable, Sendable, CustomStringConvertible {
    public var rawValue: Int32

    public init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    public static func < (left: SessionKey, right: SessionKey) -> Bool {
        left.rawValue < right.rawValue
    }

    public var description: String { "session \(self.rawValue)" }
}
