/// What a machine could do at best: each a part of the work without the rest.
enum LimitKind: String, Codable, CaseIterable, Sendable {
    /// One read(2) for each 64 KiB of the same bytes from the same sender; nothing looks at them.
    case read
    /// Each payload's bytes are copied once, from memory to memory.
    case memcpy
    /// Each payload's envelope is scanned; the bytes lie in memory.
    case scan
    /// Each message is inflated; the compressed bytes lie in memory.
    case inflate
    /// A NIO WebSocket pipeline, with TLS where the plan has it, that counts frames.
    case barePipeline
}
