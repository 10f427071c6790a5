/// Why bytes are no gateway payload. Offsets count bytes from 0.
public enum EnvelopeError: Error, Hashable, Sendable {
    case notAnObject
    case truncated
    case unexpectedByte(at: Int)
    case invalidUTF8(at: Int)
    /// More than 128 levels.
    case tooDeep(at: Int)
    case trailingBytes(at: Int)
    /// `op` is missing or not a whole number in `0...255`.
    case badOpcode
    /// `s` is neither `null` nor a whole number from 0 on.
    case badSequence
    /// `t` is neither `null` nor a string.
    case badType
}
