import Foundation
import SimulatedGateway

extension ClientPayload {
    /// What a JSON message of a client says.
    ///
    /// - Parameter bytes: at most 4096.
    init(json bytes: [UInt8]) {
        self.init((try? JSONDecoder().decode(ClientValue.self, from: Data(bytes))) ?? .null)
    }

    /// What an ETF message of a client says.
    init(etf bytes: [UInt8]) {
        self.init(ETFReader.value(of: bytes) ?? .null)
    }

    private init(_ value: ClientValue) {
        guard let envelope = value.map, case .integer(let number)? = envelope["op"], let op = Int(exactly: number) else {
            self = .undecodable
            return
        }
        let body = envelope["d"] ?? .null
        let read: ClientPayload?
        switch op {
        case 1: read = Self.heartbeat(body)
        case 2: read = body.map.flatMap(Self.identify)
        case 6: read = body.map.flatMap(Self.resume)
        case 3, 4, 8, 31, 43: read = body.map.flatMap { ClientCommand(op: op, $0) }.map(ClientPayload.command)
        default: read = .unknownOp(op)
        }
        self = read ?? .badBody(op: op)
    }

    private static func heartbeat(_ body: ClientValue) -> ClientPayload? {
        if body == .null { return .heartbeat(sequence: nil) }
        return body.integer.map { .heartbeat(sequence: $0) }
    }

    private static func identify(_ body: [String: ClientValue]) -> ClientPayload? {
        guard let token = body["token"]?.text, let intents = body["intents"]?.integer, intents >= 0, body["properties"]?.map != nil else { return nil }
        var identify = Identify(token: token, shard: 0, numShards: 1, intents: UInt64(intents))
        if let shard = body["shard"] {
            guard let pair = shard.list?.map(\.integer), pair.count == 2, let number = pair[0], let count = pair[1] else { return nil }
            (identify.shard, identify.numShards) = (Int(number), Int(count))
        }
        if let compress = body["compress"] {
            guard let compress = compress.bool else { return nil }
            identify.compress = compress
        }
        if let threshold = body["large_threshold"] {
            guard let threshold = threshold.integer, (50...250).contains(threshold) else { return nil }
        }
        if let presence = body["presence"], presence != .null {
            guard let presence = presence.map.flatMap({ SimulatedPresence(ofIdentify: $0) }) else { return nil }
            identify.presence = presence
        }
        return .identify(identify)
    }

    private static func resume(_ body: [String: ClientValue]) -> ClientPayload? {
        guard let token = body["token"]?.text, let session = body["session_id"]?.text, let sequence = body["seq"]?.integer else { return nil }
        return .resume(Resume(token: token, sessionID: session, sequence: sequence))
    }
}
