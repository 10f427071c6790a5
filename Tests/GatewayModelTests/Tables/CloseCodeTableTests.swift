import GatewayModel
import Testing

@Suite("The table of close codes") struct CloseCodeTableTests {
    @Test("is the data file's, both ways") func reference() throws {
        let actions: [String: CloseDisposition] = [
            "RESUME": .resume, "IDENTIFY": .identify, "STOP_SHARD_SET": .stopShardSet, "STOP_ALL": .stopApplication,
        ]
        let codes = try ReferenceData.load().closeCodes
        #expect(codes.count == 14)
        #expect(GatewayCloseCode.all.map(\.rawValue) == codes.map(\.code))
        for row in codes {
            let code = GatewayCloseCode(rawValue: row.code)
            #expect(CloseDisposition.after(code: row.code) == actions[row.action], "\(row.code)")
            #expect(code.name == row.name)
            #expect(code.meaning == row.meaning)
        }
    }

    @Test("in doubt says resume, also where there is no code") func inDoubt() throws {
        let known = Set(try ReferenceData.load().closeCodes.map(\.code))
        for code in UInt16.min...UInt16.max where !known.contains(code) {
            #expect(CloseDisposition.after(code: code) == .resume)
            #expect(GatewayCloseCode(rawValue: code).meaning == nil)
        }
        #expect(CloseDisposition.after(code: nil) == .resume)
    }

    @Test("names the closes of the transport") func transport() throws {
        for row in try ReferenceData.load().transportCloses {
            guard let code = row.code else { continue }
            #expect(GatewayCloseCode(rawValue: code).name == row.name)
            #expect((CloseDisposition.after(code: code) == .resume) == row.resumable)
        }
    }

    @Test("knows what must not be sent") func sent() throws {
        let reference = try ReferenceData.load().clientClose
        for code in UInt16.min...UInt16.max {
            #expect(GatewayCloseCode(rawValue: code).endsSessionWhenSent == reference.invalidatesSession.contains(code))
            #expect(GatewayCloseCode(rawValue: code).isNeverSent == reference.neverSendOnWire.contains(code))
        }
    }
}
