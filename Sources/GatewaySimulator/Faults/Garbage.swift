/// Bytes that no gateway should send.
enum Garbage: String, CaseIterable {
    case invalidJSON = "invalid-json"
    case invalidETF = "invalid-etf"
    /// Bytes that are not of the connection's compressed stream.
    case notZlib = "not-zlib"
    /// A deflate block that ends early: the rest never comes.
    case truncatedZlib = "truncated-zlib"
    /// The same of a zstd stream.
    case truncatedZstd = "truncated-zstd"
    /// 256 MiB of spaces, compressed where the connection is.
    case bomb
    /// A dispatch with `s` 1.
    case sequenceBackwards = "sequence-backwards"
}
