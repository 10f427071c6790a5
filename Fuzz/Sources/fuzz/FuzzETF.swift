import Foundation
@testable import GatewayModel

/// Terms: the scan, the decoder and the transcoder accept the same, and what the transcoder writes is JSON.
enum FuzzETF {
    static func run(_ bytes: UnsafeRawBufferPointer) {
        let raw = Array(bytes)
        Self.envelope(raw)
        // As data, most inputs get past the envelope.
        Self.envelope([131, 116, 0, 0, 0, 2, 119, 2, UInt8(ascii: "o"), UInt8(ascii: "p"), 97, 0, 119, 1, UInt8(ascii: "d")] + raw)
        Self.term(raw)
    }

    private static func envelope(_ payload: [UInt8]) {
        let data: [UInt8]? = payload.withUnsafeBytes { bytes in
            guard let envelope = try? PayloadCodec.etf.envelope(bytes) else { return nil }
            check(0...255 ~= envelope.op && (envelope.sequence ?? 0) >= 0, "an envelope out of bounds: \(envelope)")
            let pruned = try? PayloadCodec.etf.envelope(bytes, wanted: [])
            check(pruned?.isPruned == true || pruned?.op == envelope.op, "neither pruned nor the same: \(envelope)")
            // A sequence beyond 2^53 is a string in the JSON that the transcoder writes.
            if let json = try? Self.json(payload), (envelope.sequence ?? 0) <= ETFInteger.maxExactInJSON {
                let same = Self.envelope(ofJSON: json)
                check(
                    same?.op == envelope.op && same?.sequence == envelope.sequence && same?.type == envelope.type
                        && (same?.data == nil) == (envelope.data == nil) || Self.isTooDeep(json),
                    "\(envelope), in JSON \(String(describing: same))")
            }
            return envelope.data.map { data in
                check(0 < data.lowerBound && data.upperBound <= bytes.count && !data.isEmpty, "data beyond the bytes: \(data)")
                return Array(bytes[data])
            }
        }
        guard let data else { return }
        check((try? Self.json(data)) != nil, "data that was checked is no term")
    }

    private static func term(_ term: [UInt8]) {
        let json = try? Self.json(term)
        let isSkipped = term.withUnsafeBytes { bytes in
            var slow = ETFCursor(bytes)
            slow.skipVersion()
            let start = slow.index
            let isFine = (try? slow.skipSlowly(depth: 0)) != nil
            let fast = ETFFastSkip.end(of: 1, isMap: false, depth: 0, at: start, in: bytes)
            check(fast < 0 || (isFine && fast == slow.index), "the fast scan ends at \(fast), the slow one at \(slow.index)")
            return isFine && slow.index == bytes.count
        }
        check(isSkipped == (json != nil), "the scan says \(isSkipped), the transcoder \(json != nil)")
        let tree = try? ETFDecoder().decode(Tree.self, from: term)
        check((tree != nil) == (json != nil), "the decoder says \(tree != nil), the transcoder \(json != nil)")
        Self.readData(term)
        guard let json, let tree else { return }
        check(json.count <= 6 * term.count, "\(json.count) bytes of JSON out of \(term.count)")
        guard let parsed = try? JSONSerialization.jsonObject(with: Data(json), options: .fragmentsAllowed) else {
            fatalError("the transcoder wrote no JSON: \(String(decoding: json, as: UTF8.self))")
        }
        _ = parsed
        if json.first == UInt8(ascii: "{") {
            let wrapped = Array(#"{"op":0,"d":"#.utf8) + json + Array("}".utf8)
            wrapped.withUnsafeBytes { bytes in
                // One level deeper than the bound, at most.
                do throws(EnvelopeError) { _ = try PayloadCodec.json.envelope(bytes) } catch {
                    guard case .tooDeep = error else { fatalError("the transcoder wrote JSON that is refused: \(error)") }
                }
            }
        }
        guard let again = try? JSONDecoder().decode(Tree.self, from: Data(json)) else { fatalError("no tree out of the transcoder's JSON") }
        check(again == tree || Self.hasRepeatedKeys(term), "the decoder and the transcoder differ: \(tree), \(again)")
    }

    /// Of a key that comes twice `JSONDecoder` takes the first value, ours the last.
    private static func hasRepeatedKeys(_ term: [UInt8]) -> Bool {
        func visit(_ cursor: inout ETFCursor) throws(EnvelopeError) -> Bool {
            switch try cursor.next() {
            case .null, .bool, .text, .integer, .unsigned, .big, .float, .bytes, .emptyList: return false
            case .list(let count):
                for _ in 0..<count where try visit(&cursor) { return true }
                try cursor.endList()
                return false
            case .tuple(let count):
                for _ in 0..<count where try visit(&cursor) { return true }
                return false
            case .map(let count):
                var keys: Set<String> = []
                for _ in 0..<count {
                    if !keys.insert(cursor.keyString(try cursor.key())).inserted { return true }
                    if try visit(&cursor) { return true }
                }
                return false
            }
        }
        return term.withUnsafeBytes { bytes in
            var cursor = ETFCursor(bytes)
            cursor.skipVersion()
            return (try? visit(&cursor)) ?? true
        }
    }

    private static func readData(_ data: [UInt8]) {
        data.withUnsafeBytes { data in
            if let interval = PayloadCodec.etf.heartbeatInterval(data) { check(interval <= .milliseconds(1 << 40), "an interval out of bounds: \(interval)") }
            if let ready = PayloadCodec.etf.ready(data) { check(1...128 ~= ready.sessionID.utf8.count && !ready.resumeGatewayURL.isEmpty, "\(ready)") }
            _ = PayloadCodec.etf.isResumable(data)
        }
    }

    private static func envelope(ofJSON json: [UInt8]) -> GatewayEnvelope? {
        json.withUnsafeBytes { bytes in try? PayloadCodec.json.envelope(bytes) }
    }

    /// What nests as deep as may be, and ends with an empty list there: ETF's bound is on terms, JSON's on brackets.
    private static func isTooDeep(_ json: [UInt8]) -> Bool {
        json.withUnsafeBytes { bytes in
            do throws(EnvelopeError) { _ = try PayloadCodec.json.envelope(bytes) } catch {
                if case .tooDeep = error { return true }
            }
            return false
        }
    }

    private static func json(_ term: [UInt8]) throws -> [UInt8] {
        try term.withUnsafeBytes { try ETFTranscoder.json(fromETF: $0) }
    }
}

/// Any value, as a `Decodable` type finds it. Whole numbers and others are told apart by their values alone: `1.0` is `1` in JSON, too.
enum Tree: Decodable, Equatable {
    case null
    case bool(Bool)
    case string(String)
    case number(Double)
    case array([Tree])
    case object([String: Tree])

    init(from decoder: any Decoder) throws {
        if let fields = try? decoder.container(keyedBy: Key.self) {
            var object: [String: Tree] = [:]
            // Of a key that comes twice JSONDecoder takes another one.
            for key in fields.allKeys { object[key.stringValue] = try fields.decode(Tree.self, forKey: key) }
            self = .object(object)
        } else if var elements = try? decoder.unkeyedContainer() {
            var array: [Tree] = []
            while !elements.isAtEnd { array.append(try elements.decode(Tree.self)) }
            self = .array(array)
        } else {
            let value = try decoder.singleValueContainer()
            if value.decodeNil() {
                self = .null
            } else if let flag = try? value.decode(Bool.self) {
                self = .bool(flag)
            } else if let text = try? value.decode(String.self) {
                self = .string(text)
            } else {
                self = .number(try value.decode(Double.self))
            }
        }
    }

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}
