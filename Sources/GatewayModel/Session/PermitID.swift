/// Names one permission to IDENTIFY. An outcome is matched to its permit by it; it is never reused.
public struct PermitID: RawRepresentable, Hashable, Comparable, Codable, Sendable, CustomStringConvertible {
    public var rawValue: String

    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    public static func < (left: PermitID, right: PermitID) -> Bool {
        left.rawValue < right.rawValue
    }

    public var description: String { self.rawValue }
}
