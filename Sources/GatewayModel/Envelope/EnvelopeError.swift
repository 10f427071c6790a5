/// Why bytes are no gateway payload. Offsets count bytes from 0.
public enum EnvelopeError: Error, Hashable, Sendable {
    /// The text is no object, so no payload.
    case notAnObject
    /// The text ends in the middle of a value.
    case truncated
    /// A byte that has no place there, counted from 0.
    case unexpectedByte(at: Int)
    /// A string that is not UTF-8, from that byte on.
    case invalidUTF8(at: Int)
    /// More than 128 levels.
    case tooDeep(at: Int)
    /// Something follows the payload.
    case trailingBytes(at: Int)
    /// `op` is missing or not a whole number in `0...255`.
    case badOpcode
    /// `s` is neither `null` nor a whole number from 0 on.
    case badSequence
    /// `t` is neither `null` nor a string.
    case badType
    /// ETF: the first byte is not 131.
    case badVersion
    /// ETF: a term compressed by itself (tag 80), which Discord does not send; compression belongs to the connection.
    case compressedTerm(at: Int)
    /// ETF: a float that is infinite, not a number, or no number at all.
    case badFloat(at: Int)
    /// ETF: a whole number of more than 255 bytes.
    case integerTooLarge(at: Int)
}
