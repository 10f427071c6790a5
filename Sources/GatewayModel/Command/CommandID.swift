/// Names one command while it waits for its result. Its giver never uses it twice.
package struct CommandID: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    package var rawValue: UInt64

    /// - Parameter rawValue: Below 2^63: the rest is for what `MemberRequests` sends itself.
    package init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// A payload that `MemberRequests` asked for: what becomes of it is told to `MemberRequests`, not to a caller.
    package init(memberPayload number: UInt64) {
        self.rawValue = Self.memberPayloads | number
    }

    package var isMemberPayload: Bool { self.rawValue & Self.memberPayloads != 0 }

    package var description: String { String(self.rawValue) }

    package static func < (left: CommandID, right: CommandID) -> Bool {
        left.rawValue < right.rawValue
    }

    private static let memberPayloads = UInt64(1) << 63
}
