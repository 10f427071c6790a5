/// One WebSocket connection to the simulated gateway, numbered by the shell (or the simulation) that owns the sockets. Never reused.
public struct ConnectionID: RawRepresentable, Hashable, Comparable, Codable, Sendable, CustomStringConvertible {
    public var rawValue: Int64

    public init(rawValue: Int64) {
        self.rawValue = rawValue
    }

    public static func < (left: ConnectionID, right: ConnectionID) -> Bool {
        left.rawValue < right.rawValue
    }

    public var description: String { "connection \(self.rawValue)" }
}
