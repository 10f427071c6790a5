/// The code of a WebSocket close frame, with what Discord means by it.
///
/// Sources: Discord docs, Opcodes and Status Codes › Gateway Close Event Codes; RFC 6455, 7.4.
public struct GatewayCloseCode: RawRepresentable, Hashable, Comparable, Codable, Sendable, CustomStringConvertible {
    /// As it stands in the close frame.
    public var rawValue: UInt16

    /// - Parameter rawValue: any code, Discord's own or not.
    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// By number.
    public static func < (left: GatewayCloseCode, right: GatewayCloseCode) -> Bool { left.rawValue < right.rawValue }

    /// Such as `4009 SESSION_TIMED_OUT`, or the number alone.
    public var description: String { self.name.map { "\(self.rawValue) \($0)" } ?? "\(self.rawValue)" }
}
