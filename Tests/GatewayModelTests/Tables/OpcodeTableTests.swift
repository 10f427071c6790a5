import GatewayModel
import Testing

@Suite("The table of opcodes") struct OpcodeTableTests {
    @Test("is the data file's, both ways") func reference() throws {
        let rows = try ReferenceData.load().opcodes
        #expect(GatewayOpcode.allCases.map(\.rawValue) == rows.map(\.op))
        #expect(GatewayOpcode.allCases.map(\.name) == rows.map(\.name))
        #expect(GatewayOpcode.allCases.map(\.direction.rawValue) == rows.map(\.direction))
    }

    @Test("tells who sends what") func directions() {
        #expect(GatewayOpcode.heartbeat.canBeSent && GatewayOpcode.heartbeat.canBeReceived)
        #expect(GatewayOpcode.identify.canBeSent && !GatewayOpcode.identify.canBeReceived)
        #expect(!GatewayOpcode.hello.canBeSent && GatewayOpcode.hello.canBeReceived)
    }
}
