import Foundation

/// Discord's tables, as far as the compiled ones come from them. Read by field, so that a new one in the data file is no failure here.
struct ReferenceData: Decodable {
    struct Opcode: Decodable {
        var op: Int
        var name: String
        var direction: String
    }
    struct CloseCode: Decodable {
        var code: UInt16
        var name: String
        var action: String
        var meaning: String
    }
    struct TransportClose: Decodable {
        var code: UInt16?
        var name: String
        var resumable: Bool
    }
    struct ClientClose: Decodable {
        var invalidatesSession: [UInt16]
        var neverSendOnWire: [UInt16]
    }
    struct Intent: Decodable {
        var name: String
        var bit: UInt64
        var value: UInt64
        var privileged: Bool
        var scope: String
        var events: [String]
    }
    struct IntentMasks: Decodable {
        var all: UInt64
        var privileged: UInt64
        var nonPrivileged: UInt64
    }
    struct EventIntent: Decodable {
        var intent: String?
        var scope: String
    }
    struct Routing: Decodable {
        var guildIdPath: String?
        var optional: Bool
        var shardZeroOnly: Bool?
    }
    struct Sharding: Decodable {
        struct Vector: Decodable {
            var guildId: String
            var shard: [String: Int]
        }
        var testVectors: [Vector]
    }

    var opcodes: [Opcode]
    var closeCodes: [CloseCode]
    var transportCloses: [TransportClose]
    var clientClose: ClientClose
    var intents: [Intent]
    var intentMasks: IntentMasks
    var eventToIntents: [String: [EventIntent]]
    var alwaysDelivered: [String]
    var eventRouting: [String: Routing]
    var sharding: Sharding

    static func load(_ file: String = #filePath) throws -> ReferenceData {
        var tests = URL(filePath: file)
        for _ in 0..<3 { tests.deleteLastPathComponent() }
        return try JSONDecoder().decode(ReferenceData.self, from: Data(contentsOf: tests.appending(path: "Fixtures/gateway-data.json")))
    }
}
