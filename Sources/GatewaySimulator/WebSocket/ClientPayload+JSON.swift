import Foundation
import SimulatedGateway

extension ClientPayload {
    /// What a text message of a client says.
    ///
    /// - Parameter bytes: at most 4096.
    init(json bytes: [UInt8]) {
        guard let object = try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any], let op = object["op"] as? Int else {
            self = .undecodable
            return
        }
        let body = object["d"]
        switch op {
        case 1: self = Self.heartbeat(body)
        case 2: self = Self.identify(body as? [String: Any]) ?? .badBody(op: op)
        case 6: self = Self.resume(body as? [String: Any]) ?? .badBody(op: op)
        case 3, 4, 8, 31, 43: self = body is [String: Any] ? .other(op: op) : .badBody(op: op)
        default: self = .unknownOp(op)
        }
    }

    private static func heartbeat(_ body: Any?) -> ClientPayload {
        switch body {
        case nil, is NSNull: .heartbeat(sequence: nil)
        case let number as Int: .heartbeat(sequence: Int64(number))
        default: .badBody(op: 1)
        }
    }

    private static func identify(_ body: [String: Any]?) -> ClientPayload? {
        guard let body, let token = body["token"] as? String, let intents = body["intents"] as? Int, intents >= 0, body["properties"] is [String: Any] else {
            return nil
        }
        guard let shard = body["shard"] else { return .identify(Identify(token: token, shard: 0, numShards: 1, intents: UInt64(intents))) }
        guard let pair = shard as? [Int], pair.count == 2 else { return nil }
        return .identify(Identify(token: token, shard: pair[0], numShards: pair[1], intents: UInt64(intents)))
    }

    private static func resume(_ body: [String: Any]?) -> ClientPayload? {
        guard let body, let token = body["token"] as? String, let session = body["session_id"] as? String, let sequence = body["seq"] as? Int else {
            return nil
        }
        return .resume(Resume(token: token, sessionID: session, sequence: Int64(sequence)))
    }
}
