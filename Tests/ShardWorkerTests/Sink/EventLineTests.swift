import Foundation
import GatewayClient
import GatewayModel
import NIOCore
import Testing

@testable import ShardWorker

@Suite("A line of the event file")
struct EventLineTests {
    private func line(_ dispatch: GatewayDispatch) -> String {
        var bytes: [UInt8] = []
        var line = EventLine(application: application, lease: lease(3, epoch: 7, generation: 2))
        line.append(dispatch, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test("names application, generation, shard, epoch, session, sequence and type, and holds d as it came")
    func dispatchLine() {
        #expect(
            self.line(dispatch(42, data: #"{"a" : 1.50,"b":"ü\n"}"#))
                == #"{"app":"app","gen":2,"shard":3,"epoch":7,"session":"s1","seq":42,"type":"MESSAGE_CREATE","data":{"a" : 1.50,"b":"ü\n"}}"# + "\n")
    }

    @Test("stays one line where d is spread over several")
    func newlines() {
        #expect(self.line(dispatch(1, data: "{\r\n\t\"a\":1\n}")).hasSuffix("\"data\":{  \t\"a\":1 }}\n"))
    }

    @Test("holds null where there was no d")
    func empty() {
        #expect(self.line(dispatch(1, data: "")).hasSuffix(#""data":null}"# + "\n"))
    }

    @Test("escapes what a session id or type could break it with", arguments: ["a\"b", "back\\slash", "line\nbreak", "\u{0}\u{1f}", "emoji 🎺", "\u{2028}"])
    func escapes(text: String) throws {
        let object = try JSONSerialization.jsonObject(with: Data(self.line(dispatch(1, session: text, type: text)).utf8)) as? [String: Any]
        #expect(object?["session"] as? String == text)
        #expect(object?["type"] as? String == text)
    }

    @Test("follows a change of session")
    func sessions() {
        var bytes: [UInt8] = []
        var line = EventLine(application: application, lease: lease(0))
        line.append(dispatch(9, session: "one"), to: &bytes)
        line.append(dispatch(1, session: "two"), to: &bytes)
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.contains(#""session":"one","seq":9,"#))
        #expect(text.contains(#""session":"two","seq":1,"#))
    }

    @Test("of a shard's own event names it under control")
    func controls() throws {
        let session = GatewaySession(sessionID: "s1", resumeGatewayURL: "ws://x", sequence: 12)
        let cases: [(ControlLine, String)] = [
            (.ready(session), #""control":"ready","session":"s1""#),
            (.resumed(session, replayed: 3), #""control":"resumed","session":"s1","replayed":3"#),
            (.gap(.sessionLost, session: session), #""control":"gap","reason":"sessionLost","session":"s1","after":12"#),
            (.gap(.replayHole, session: nil), #""control":"gap","reason":"replayHole","session":null,"after":null"#),
            (.disconnected(code: 4009, reason: "say \"x\"", .identify), #""control":"disconnected","code":4009,"disposition":"identify","reason":"say \"x\"""#),
            (.disconnected(code: nil, reason: "", .resume), #""control":"disconnected","code":null,"disposition":"resume","reason":"""#),
            (.reshardBegin, #""control":"reshard_begin""#), (.reshardEnd, #""control":"reshard_end""#),
        ]
        for (control, expected) in cases {
            var bytes: [UInt8] = []
            EventLine(application: application, lease: lease(3)).append(control, to: &bytes)
            #expect(String(decoding: bytes, as: UTF8.self) == #"{"app":"app","gen":1,"shard":3,"epoch":1,"# + expected + "}\n")
            _ = try JSONSerialization.jsonObject(with: Data(bytes))
        }
    }

    @Test("holds any 64-bit sequence", arguments: [Int64.min, -1, 0, 1, 9, 10, 1_234_567_890, Int64.max])
    func numbers(number: Int64) {
        var bytes: [UInt8] = []
        bytes.append(decimal: number)
        #expect(String(decoding: bytes, as: UTF8.self) == String(number))
    }
}
