import GatewayModel
import Testing

@Suite("The end of a gateway connection") struct GatewayCloseTests {
    @Test("has a disposition, a name and a reason") func view() {
        let close = GatewayClose(code: .sessionTimedOut, reason: "Session timed out.")
        #expect(close.disposition == .identify)
        #expect(close.name == "SESSION_TIMED_OUT")
        #expect(close.reason == "Session timed out.")
        #expect(GatewayClose(code: nil).disposition == .resume)
        #expect(GatewayClose(code: nil).name == nil)
    }

    @Test(
        "tells an operator what to do about every code",
        arguments: GatewayCloseCode.all.map { $0 as GatewayCloseCode? } + [nil, GatewayCloseCode(rawValue: 4321)])
    func explanation(code: GatewayCloseCode?) {
        let text = "\(GatewayClose(code: code, reason: "gone"))"
        #expect(text.contains(code.map { "closed with \($0)" } ?? "without a close frame"))
        #expect(!text.contains("..") && text.contains(". Fix: "))
    }

    @Test("is what a shard reported") func event() {
        let event = ShardEvent.disconnected(code: 4000, reason: "op 7", .identify)
        #expect(event.close == GatewayClose(code: .unknownError, reason: "op 7", disposition: .identify))
        #expect(ShardEvent.sessionLost.close == nil)
    }
}
