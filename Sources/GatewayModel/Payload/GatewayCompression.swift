/// How payloads from Discord are compressed; what we send never is. Source: Discord docs, Gateway › Encoding and Compression.
public enum GatewayCompression: String, Hashable, Codable, Sendable, CaseIterable {
    /// Payloads come as they are.
    case none
    /// `compress: true` of IDENTIFY: a payload may be one whole zlib stream of its own. JSON only, and not after a RESUME unless the session began so.
    case payload
    /// `compress=zlib-stream`: one zlib stream for the whole connection, each payload ended by a sync flush.
    case zlibStream = "zlib-stream"
    /// `compress=zstd-stream`: one zstd stream for the whole connection, one payload in each message.
    case zstdStream = "zstd-stream"
}
