import FoundationEssentials
import GatewayModel
import NIOCore

extension GatewayDispatch {
    /// Decodes `data`, whatever its encoding: only now, and only for whoever asks.
    ///
    /// - Parameter type: one of this library's (`ReadyData`, `GuildIdentity`, `GuildMembersChunk`, …), or your own.
    /// - Throws: `DecodingError` where `data` is no such thing.
    public func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        switch self.encoding {
        case .json: try JSONDecoder().decode(type, from: Data(self.data.readableBytesView))
        case .etf: try ETFDecoder().decode(type, from: self.data.readableBytesView)
        }
    }
}
