import Foundation
import GatewayModel
import Testing

@Suite("ETF") struct ETFTermTests {
    @Test("reads what Erlang writes", arguments: ETFVector.erlang + ETFVector.python) func vectors(vector: ETFVector) throws {
        #expect(try ETF.json(vector.etf) == vector.json)
        // The data of a payload comes without the version.
        #expect(try ETF.json(Array(vector.etf.dropFirst())) == vector.json)
        #expect(try ETF.dataOfEnvelope(around: vector.etf) == Array(vector.etf.dropFirst()))
        // And decodes to the same values as its JSON.
        #expect(try ETFDecoder().decode(Tree.self, from: vector.etf) == JSONDecoder().decode(Tree.self, from: Data(vector.json.utf8)))
    }

    @Test("reads whole numbers of up to 255 bytes, and refuses larger ones") func bigIntegers() throws {
        // 100!, 2^2040 − 1.
        let factorial = """
            9332621544394415268169923885626670049071596826438162146859296389521759999322991560894146397615651828625369792082722375825118521091686400000000\
            0000000000000000
            """
        var digits = [UInt8](repeating: 0, count: 255)
        digits[0] = 1
        for factor in 1...100 {
            var carry = 0
            for index in digits.indices {
                carry += Int(digits[index]) * factor
                digits[index] = UInt8(carry & 0xFF)
                carry >>= 8
            }
        }
        #expect(try ETF.json([131, 110, 255, 0] + digits) == "\"\(factorial)\"")
        #expect(try ETF.json([131, 111, 0, 0, 0, 255, 1] + digits) == "\"-\(factorial)\"")
        let largest = try ETF.json([131, 110, 255, 0] + [UInt8](repeating: 0xFF, count: 255))
        #expect(largest.count == 617 && largest.hasPrefix("\"12623830496605862226") && largest.hasSuffix("81077553168201547775\""))
        #expect(throws: EnvelopeError.integerTooLarge(at: 1)) { try ETF.json([131, 111, 0, 0, 1, 0, 0] + digits + [0]) }
    }

    @Test("reads long tuples, long atoms and deep nesting, up to a bound") func sizes() throws {
        #expect(try ETF.json([131, 105, 0, 0, 1, 0] + [UInt8](repeating: 106, count: 256)).count == 256 * 3 + 1)
        #expect(try ETF.json([131, 118, 1, 0x90] + [[UInt8]](repeating: [0xD0, 0x96], count: 200).flatMap { $0 }).count == 202)
        for (depth, isFine) in [(127, true), (128, true), (129, false), (100_000, false)] {
            for open: [UInt8] in [[104, 1], [108, 0, 0, 0, 1]] {
                let term = [UInt8]([131] + [[UInt8]](repeating: open, count: depth).flatMap { $0 } + [97, 7])
                let tail = [UInt8](repeating: 106, count: open[0] == 108 ? depth : 0)
                if isFine {
                    #expect(try ETF.json(term + tail).filter { $0 == "[" }.count == depth)
                } else {
                    #expect(throws: EnvelopeError.self) { try ETF.json(term + tail) }
                    #expect(throws: EnvelopeError.self) { try ETF.dataOfEnvelope(around: term + tail) }
                }
            }
        }
    }

    static let refused: [(String, [UInt8], EnvelopeError)] = [
        ("nothing", [131], .truncated), ("an unknown tag", [131, 0], .unexpectedByte(at: 1)), ("a version within", [131, 131, 106], .unexpectedByte(at: 1)),
        ("a compressed term", [131, 80, 0, 0, 0, 2, 0x78, 0x9C], .compressedTerm(at: 1)), ("a second term", [131, 106, 106], .trailingBytes(at: 2)),
        ("an improper list", [131, 108, 0, 0, 0, 1, 97, 1, 97, 2], .unexpectedByte(at: 8)), ("a list without tail", [131, 108, 0, 0, 0, 1, 97, 1], .truncated),
        ("a list of four billion", [131, 108, 0xFF, 0xFF, 0xFF, 0xFF, 106], .truncated),
        ("a map of four billion", [131, 116, 0xFF, 0xFF, 0xFF, 0xFF, 106], .truncated),
        ("a binary of four billion bytes", [131, 109, 0xFF, 0xFF, 0xFF, 0xFF, 106], .truncated),
        ("a list for a key", [131, 116, 0, 0, 0, 1, 106, 106], .unexpectedByte(at: 6)),
        ("a float for a key", [131, 116, 0, 0, 0, 1, 70, 0, 0, 0, 0, 0, 0, 0, 0, 106], .unexpectedByte(at: 6)),
        ("bytes for a key", [131, 116, 0, 0, 0, 1, 107, 0, 1, 65, 106], .unexpectedByte(at: 6)),
        ("half a character", [131, 109, 0, 0, 0, 1, 0xC3], .invalidUTF8(at: 6)), ("a surrogate", [131, 119, 3, 0xED, 0xA0, 0x80], .invalidUTF8(at: 3)),
        ("an overlong character", [131, 118, 0, 2, 0xC0, 0x80], .invalidUTF8(at: 4)),
        ("an infinite float", [131, 70, 0x7F, 0xF0, 0, 0, 0, 0, 0, 0], .badFloat(at: 1)),
        ("no number", [131, 70, 0x7F, 0xF8, 0, 0, 0, 0, 0, 0], .badFloat(at: 1)),
        ("an empty old float", [131, 99] + [UInt8](repeating: 0, count: 31), .badFloat(at: 1)),
        ("an old float of letters", [131, 99] + Array("infinity".utf8) + [UInt8](repeating: 0, count: 23), .badFloat(at: 1)),
        ("a hexadecimal old float", [131, 99] + Array("0x1p3".utf8) + [UInt8](repeating: 0, count: 26), .badFloat(at: 1)),
    ]

    @Test("refuses, by name", arguments: Self.refused) func refuses(what: String, etf: [UInt8], error: EnvelopeError) {
        #expect(throws: error) { try ETF.json(etf) }
        #expect(throws: EnvelopeError.self) { try ETF.dataOfEnvelope(around: etf) }
        #expect(throws: DecodingError.self) { try ETFDecoder().decode(Tree.self, from: etf) }
    }

    @Test("knows a broken character wherever it stands in a text of any length") func utf8() throws {
        for length in 0...40 {
            let text = [UInt8](repeating: UInt8(ascii: "x"), count: length)
            let tail = [[UInt8](), [106, 106, 106, 106, 106, 106, 106, 106]]
            for tail in tail {
                #expect(
                    try ETF.json([131, 104, UInt8(1 + tail.count), 109, 0, 0, 0, UInt8(length)] + text + tail).contains(
                        "\"\(String(decoding: text, as: UTF8.self))\""))
                for position in 0..<length {
                    var bad = text
                    bad[position] = 0xFF
                    #expect(throws: EnvelopeError.invalidUTF8(at: 8 + position)) {
                        try ETF.json([131, 104, UInt8(1 + tail.count), 109, 0, 0, 0, UInt8(length)] + bad + tail)
                    }
                }
                for position in 0..<max(0, length - 3) {
                    var good = text
                    good.replaceSubrange(position..<position + 4, with: Array("😀".utf8))
                    #expect(try ETF.json([131, 104, UInt8(1 + tail.count), 109, 0, 0, 0, UInt8(length)] + good + tail).contains("😀"))
                }
            }
        }
    }
}
