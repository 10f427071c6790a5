/// Bytes that no gateway should send.
enum Garbage: String, CaseIterable {
    case invalidJSON = "invalid-json"
    case notZlib = "not-zlib"
    /// A deflate block that ends early: the rest never comes.
    case truncatedZlib = "truncated-zlib"
    /// 256 MiB of spaces, compressed where the connection is.
    case bomb
    /// A dispatch with `s` 1.
    case sequenceBackwards = "sequence-backwards"
}
