import Foundation
import GatewayModel
import Testing

/// Each test shows that a known defect of an earlier system is not ours. The numbers are those of docs/seeds.md.
@Suite("Defects around what is stored and shown") struct StateDefectTests {
    @Test("Defect 4: a guild id is a number, up to the largest") func defect04NumericGuild() {
        #expect(ShardID(ofGuild: 613_425_648_685_547_541, numShards: 16) == ShardID(8))
        #expect(ShardID(ofGuild: .max, numShards: 7).rawValue == Int((UInt64.max >> 22) % 7))
    }

    @Test("Defect 21: a token is in no description, dump or reflection") func defect21Token() {
        let secret = Secret("MTk4NjIy.token")
        var dumped = ""
        dump(secret, to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), dumped, "\([secret])", "\(["token": secret])"] {
            #expect(!text.contains("MTk4NjIy"))
        }
    }

    @Test("Defect 25: a stored session is read again by the names under which it was written") func defect25Names() throws {
        let session = GatewaySession(sessionID: "s", resumeGatewayURL: "wss://r", sequence: 7)
        let data = try JSONEncoder().encode(session)
        #expect(try JSONDecoder().decode(GatewaySession.self, from: data) == session)
        let written = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(Set(written.keys) == ["sessionID", "resumeGatewayURL", "sequence"])
    }
}
