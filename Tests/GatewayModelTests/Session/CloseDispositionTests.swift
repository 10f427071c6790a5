import Foundation
import GatewayModel
import Testing

@Suite("The table of close codes") struct CloseDispositionTests {
    struct Reference: Decodable {
        struct Code: Decodable {
            var code: UInt16
            var action: String
        }
        struct Intent: Decodable {
            var name: String
            var value: UInt64
        }
        var closeCodes: [Code]
        var intents: [Intent]

        static func load(_ file: String = #filePath) throws -> Reference {
            let fixtures = URL(filePath: file).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().appending(path: "Fixtures")
            return try JSONDecoder().decode(Reference.self, from: Data(contentsOf: fixtures.appending(path: "gateway-data.json")))
        }
    }

    @Test("is the reference's") func reference() throws {
        let actions: [String: CloseDisposition] = [
            "RESUME": .resume, "IDENTIFY": .identify, "STOP_SHARD_SET": .stopShardSet, "STOP_ALL": .stopApplication,
        ]
        let codes = try Reference.load().closeCodes
        #expect(codes.count == 14)
        for code in codes {
            #expect(CloseDisposition.after(code: code.code) == actions[code.action], "\(code.code)")
        }
        let known = Set(codes.map(\.code))
        for code in UInt16.min...UInt16.max where !known.contains(code) {
            #expect(CloseDisposition.after(code: code) == .resume)
        }
        #expect(CloseDisposition.after(code: nil) == .resume)
    }

    @Test("as the intents are") func intents() throws {
        let intents = try Reference.load().intents
        #expect(intents.map(\.name) == Intents.named.map(\.name))
        #expect(intents.map(\.value) == Intents.named.map(\.intent.rawValue))
    }
}
