import Testing

/// Bytes that others wrote, and the JSON that they mean.
struct ETFVector: Sendable, CustomTestStringConvertible {
    let name: String
    let etf: [UInt8]
    let json: String

    init(_ name: String, _ hex: String, _ json: String) {
        self.name = name
        let digits = hex.compactMap { $0.hexDigitValue }
        self.etf = stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
        self.json = json
    }

    var testDescription: String { self.name }

    /// By `term_to_binary` of Erlang/OTP 25 (erts 13.1.5).
    static let erlang: [ETFVector] = [
        ETFVector("small integer", "8361ff", "255"),
        ETFVector("integer", "836200000100", "256"),
        ETFVector("negative integer", "8362ffffffff", "-1"),
        ETFVector("smallest integer", "836280000000", "-2147483648"),
        ETFVector("integer of five bytes", "836e040000000080", "2147483648"),
        ETFVector("largest exact integer", "836e0700ffffffffffff1f", "9007199254740991"),
        ETFVector("id", "836e070000000000000020", #""9007199254740992""#),
        ETFVector("negative id", "836e070100000000000020", #""-9007199254740992""#),
        ETFVector("snowflake", "836e08000040385654782510", #""1163468382364254208""#),
        ETFVector("largest Int64", "836e0800ffffffffffffff7f", #""9223372036854775807""#),
        ETFVector("smallest Int64", "836e08010000000000000080", #""-9223372036854775808""#),
        ETFVector("beyond Int64", "836e08000000000000000080", #""9223372036854775808""#),
        ETFVector("largest UInt64", "836e0800ffffffffffffffff", #""18446744073709551615""#),
        ETFVector("beyond UInt64", "836e0900000000000000000001", #""18446744073709551616""#),
        ETFVector("float", "83463fb999999999999a", "0.1"),
        ETFVector("negative float", "8346be90c6f7a0b5ed8d", "-2.5e-07"),
        ETFVector("large float", "83467e37e43c8800759c", "1e+300"),
        ETFVector("old float", "8363312e3030303030303030303030303030303035353531652d30310000000000", "0.1"),
        ETFVector("old large float", "83632d312e3030303030303030303030303030303035323530652b333030000000", "-1e+300"),
        ETFVector("true", "8364000474727565", "true"),
        ETFVector("false", "8364000566616c7365", "false"),
        ETFVector("nil", "836400036e696c", "null"),
        ETFVector("null", "836400046e756c6c", "null"),
        ETFVector("atom", "83640009756e646566696e6564", #""undefined""#),
        ETFVector("true in UTF-8", "83770474727565", "true"),
        ETFVector("nil in UTF-8", "8377036e696c", "null"),
        ETFVector("Latin-1 atom", "83640003e974e9", #""été""#),
        ETFVector("UTF-8 atom", "837704c3a9d096", #""éЖ""#),
        ETFVector("binary", "836d0000000d68656c6c6f2022796f75225c0a", #""hello \"you\"\\\u000a""#),
        ETFVector("empty binary", "836d00000000", #""""#),
        ETFVector("emoji", "836d00000004f09f9880", #""😀""#),
        ETFVector("empty list", "836a", "[]"),
        ETFVector("list of bytes", "836b00030102ff", "[1,2,255]"),
        ETFVector("list", "836c00000004610162000001006d00000001616a6a", #"[1,256,"a",[]]"#),
        ETFVector("nested lists", "836c000000016c000000016c000000016c0000000162ffffffff6a6a6a6a", "[[[[-1]]]]"),
        ETFVector("tuple", "83680361016d00000001616800", #"[1,"a",[]]"#),
        ETFVector("empty map", "837400000000", "{}"),
        ETFVector("map", "8374000000026400026f7061006d00000001646400036e696c", #"{"op":0,"d":null}"#),
        ETFVector("map with an id for a key", "8374000000016e08000040385654782510740000000164000269646107", #"{"1163468382364254208":{"id":7}}"#),
        ETFVector("map with constants for keys", "837400000001640004747275656101", #"{"true":1}"#),
        ETFVector(
            "payload",
            "837400000004640001647400000006640007636f6e74656e746d0000000368c3a9640006656d626564736a640005666c616773610064000269646e08"
                + "0000403856547825106400056e6f6e63656400036e696c64000374747364000566616c73656400026f70610064000173612a6400017464000e4d4553"
                + "534147455f435245415445",
            #"{"d":{"content":"hé","embeds":[],"flags":0,"id":"1163468382364254208","nonce":null,"tts":false},"op":0,"s":42,"t":"MESSA"#
                + #"GE_CREATE"}"#),
    ]

    /// By the packages that Discord's own Python clients used: erlpack 1.0.1, and erlang_py 2.0.7.
    static let python: [ETFVector] = [
        ETFVector("erlpack None", "8373036e696c", "null"),
        ETFVector("erlpack True", "83730474727565", "true"),
        ETFVector("erlpack False", "83730566616c7365", "false"),
        ETFVector("erlpack int", "83620000012c", "300"),
        ETFVector("erlpack long", "836e08000040385654782510", #""1163468382364254208""#),
        ETFVector("erlpack neg", "8362fffffffb", "-5"),
        ETFVector("erlpack float", "83463ff8000000000000", "1.5"),
        ETFVector("erlpack str", "836d0000000368c3a9", #""hé""#),
        ETFVector("erlpack bytes", "836d000000026162", #""ab""#),
        ETFVector("erlpack list", "836c0000000361016d00000001616a6a", #"[1,"a",[]]"#),
        ETFVector(
            "erlpack dict",
            "8374000000026d000000026f70610a6d000000016474000000016d000000126865617274626561745f696e74657276616c620000a122",
            #"{"op":10,"d":{"heartbeat_interval":41250}}"#),
        ETFVector("erlpack atom", "83730c4755494c445f435245415445", #""GUILD_CREATE""#),
        ETFVector("erlang_py None", "837709756e646566696e6564", #""undefined""#),
    ]
}
