import FoundationEssentials
import GatewayModel
import NIOCore

extension GatewayBot {
    static let maxBytes = 64 << 10

    /// Discord's JSON, with every value that would harm us refused.
    init(parsing body: ByteBuffer) throws(GatewayBotError) {
        let wire: Wire
        do {
            wire = try JSONDecoder().decode(Wire.self, from: Data(body.readableBytesView))
        } catch {
            throw .temporary("no /gateway/bot JSON: \(String(buffer: body).prefix(80))")
        }
        let limit = wire.limit
        guard GatewayURL(wire.url, compression: .none) != nil else { throw .temporary("url \(wire.url.prefix(80)) is no WebSocket URL") }
        guard 1...100_000 ~= wire.shards else { throw .temporary("shards \(wire.shards)") }
        guard 1...10_000 ~= limit.maxConcurrency else { throw .temporary("max_concurrency \(limit.maxConcurrency)") }
        guard limit.total >= 1, 0...limit.total ~= limit.remaining else { throw .temporary("remaining \(limit.remaining) of \(limit.total)") }
        guard 0...Self.longestReset ~= limit.resetAfter else { throw .temporary("reset_after \(limit.resetAfter)") }
        self.init(
            url: wire.url, shards: wire.shards, total: limit.total, remaining: limit.remaining, resetAfterMilliseconds: limit.resetAfter,
            maxConcurrency: limit.maxConcurrency)
    }

    /// A week, in milliseconds; Discord's window is a day.
    private static let longestReset = 7 * 24 * 3_600_000

    private struct Wire: Decodable {
        var url: String
        var shards: Int
        var limit: Limit

        enum CodingKeys: String, CodingKey {
            case url, shards
            case limit = "session_start_limit"
        }

        struct Limit: Decodable {
            var total: Int
            var remaining: Int
            var resetAfter: Int
            var maxConcurrency: Int

            enum CodingKeys: String, CodingKey {
                case total, remaining
                case resetAfter = "reset_after"
                case maxConcurrency = "max_concurrency"
            }
        }
    }
}
