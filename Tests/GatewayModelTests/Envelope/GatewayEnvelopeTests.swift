import ClusterTestKit
import GatewayModel
import Testing

@Suite("The envelope scan") struct GatewayEnvelopeTests {
    static func scan(_ text: String) throws -> (envelope: GatewayEnvelope, data: String?) {
        try Self.scan(Array(text.utf8))
    }

    static func scan(_ bytes: [UInt8]) throws -> (envelope: GatewayEnvelope, data: String?) {
        try bytes.withUnsafeBytes { raw in
            let envelope = try GatewayEnvelope(scanning: raw)
            return (envelope, envelope.data.map { String(decoding: raw[$0], as: UTF8.self) })
        }
    }

    @Test("finds op, s, t and d in any order, with anything in between") func orders() throws {
        let fields = [#""t":"MESSAGE_CREATE""#, #""s" : 42"#, #""op":0"#, #""d": {"a":[1,"}]\"",{}],"op":7}"#, #""x":{"s":1,"t":"no"}"#]
        for order in permutations(of: fields) {
            let (envelope, data) = try Self.scan("\n{ \(order.joined(separator: " , ")) } ")
            #expect(envelope.op == 0)
            #expect(envelope.sequence == 42)
            #expect(envelope.type == "MESSAGE_CREATE")
            #expect(data == #"{"a":[1,"}]\"",{}],"op":7}"#)
        }
    }

    @Test("knows escaped names and values") func escapes() throws {
        let (envelope, data) = try Self.scan(##"{"\u006fp":0,"\u0074":"A\u00e9\n\ud83d\ude00\ud83d","s":9223372036854775807,"\u0064":"\u0000"}"##)
        #expect(envelope.type == "Aé\n😀\u{FFFD}")
        #expect(envelope.sequence == .max)
        #expect(data == ##""\u0000""##)
    }

    @Test("takes null and absent for the same") func nulls() throws {
        let (envelope, data) = try Self.scan(#"{"op":11,"s":null,"t":null,"d":null}"#)
        #expect(envelope.sequence == nil && envelope.type == nil && data == "null")
        #expect(try Self.scan(#"{"op":11}"#).data == nil)
    }

    @Test(
        "refuses what is no payload",
        arguments: [
            "", " ", "null", "[]", "{", "{}", #"{"op"}"#, #"{"op":}"#, #"{"op":0"#, #"{"op":0,}"#, #"{"op":0}}"#, #"{"op":0} x"#, #"{"op":-1}"#, #"{"op":1.5}"#,
            #"{"op":"0"}"#, #"{"op":256}"#, #"{"op":0,"s":-1}"#, #"{"op":0,"s":1e3}"#, #"{"op":0,"s":9223372036854775808}"#, #"{"op":0,"t":7}"#,
            #"{"op":0,"d":{"a":}}"#, #"{"op":0,"d":[1,]}"#, #"{"op":0,"d":01}"#, #"{"op":0,"d":tru}"#, #"{"op":0,"d":"\x"}"#, #"{"op":0,"d":"\u12g4"}"#,
            "{\"op\":0,\"d\":\"a\nb\"}", #"{"op":0,"d":1.}"#, #"{"op":0,"d":-}"#, #"{"op":0,"d":1e}"#, #"{"op":0,"d":'a'}"#, #"{"op":0,"d":[}"#,
            #"{"op":0,"d":NaN}"#,
        ]) func refuses(text: String)
    {
        #expect(throws: EnvelopeError.self) { try Self.scan(text) }
    }

    @Test(
        "refuses bytes that are no UTF-8",
        arguments: [[0xFF], [0xC0, 0x80], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xC3], [0xE2, 0x82], [0x80]] as [[UInt8]])
    func encoding(bytes: [UInt8]) {
        let bad = Array(#"{"op":0,"d":""#.utf8) + bytes + Array(#""}"#.utf8)
        #expect(throws: EnvelopeError.self) { try Self.scan(bad) }
    }

    @Test("bounds nesting, however it is made") func depth() throws {
        for (open, close) in [("[", "]"), (#"{"a":"#, "}")] {
            for (depth, isFine) in [(100, true), (127, true), (129, false), (100_000, false)] {
                let value = String(repeating: open, count: depth) + (open == "[" ? "" : "1") + String(repeating: close, count: depth)
                if isFine {
                    #expect(try Self.scan(#"{"op":0,"d":\#(value)}"#).data == value)
                } else {
                    #expect(throws: EnvelopeError.self) { try Self.scan(#"{"op":0,"d":\#(value)}"#) }
                }
            }
        }
    }

    @Test("survives every truncation and any damage") func damage() {
        let text = Array(##"{"t":"GUILD_CREATE","s":7,"op":0,"d":{"name":"é😀\u00e9\"","n":[-1.5e+3,true,false,null,{}]}}"##.utf8)
        for length in 0..<text.count { #expect(throws: EnvelopeError.self) { try Self.scan(Array(text[..<length])) } }
        var random = SeededGenerator(seed: 7)
        for _ in 0..<5_000 {
            var damaged = text
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                damaged[Int.random(in: 0..<damaged.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            _ = try? Self.scan(damaged)
        }
    }

    @Test("reads HELLO's interval, READY's session and op 9's flag, and nothing else for them") func data() {
        #expect(interval(#"{"heartbeat_interval":41250,"_trace":["x"]}"#) == .milliseconds(41250))
        #expect(interval(#"{"heartbeat_interval":"41250"}"#) == nil)
        #expect(interval("null") == nil)
        let ready = #"{"v":10,"user":{"session_id":"no"},"session_id":"abc","resume_gateway_url":"wss:\/\/r"}"#
        #expect(Array(ready.utf8).withUnsafeBytes { EnvelopeData.ready($0).map { "\($0.sessionID) \($0.resumeGatewayURL)" } } == "abc wss://r")
        #expect(Array(#"{"session_id":"","resume_gateway_url":"x"}"#.utf8).withUnsafeBytes { EnvelopeData.ready($0) == nil })
        #expect(Array("true".utf8).withUnsafeBytes { EnvelopeData.isResumable($0) } == true)
        #expect(Array("false".utf8).withUnsafeBytes { EnvelopeData.isResumable($0) } == false)
        #expect(Array("1".utf8).withUnsafeBytes { EnvelopeData.isResumable($0) } == nil)
    }

    private func interval(_ text: String) -> Duration? {
        Array(text.utf8).withUnsafeBytes { EnvelopeData.heartbeatInterval($0) }
    }

    private func permutations(of fields: [String]) -> [[String]] {
        guard fields.count > 1 else { return [fields] }
        return fields.indices.flatMap { index in
            var rest = fields
            let first = rest.remove(at: index)
            return self.permutations(of: rest).map { [first] + $0 }
        }
    }
}
