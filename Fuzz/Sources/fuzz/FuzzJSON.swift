import Foundation
@testable import GatewayModel

/// The scan of a JSON envelope: it accepts what Foundation accepts, and nothing else.
enum FuzzJSON {
    static func run(_ bytes: UnsafeRawBufferPointer) {
        let raw = Array(bytes)
        Self.scan(raw, isWrapped: false)
        // As data, most inputs get past the envelope.
        Self.scan(Array(#"{"t":"MESSAGE_CREATE","s":1,"op":0,"d":"#.utf8) + raw + Array("}".utf8), isWrapped: true)
        Self.readData(raw)
        Self.value(raw)
    }

    /// Data of a command that came over HTTP: what is read is written as the same, and is JSON to Foundation.
    private static func value(_ text: [UInt8]) {
        guard let value = try? PayloadValue(json: text) else { return }
        let written = value.json
        check((try? PayloadValue(json: written)) == value, "\(value) is not what is read again")
        let isFine = (try? JSONSerialization.jsonObject(with: Data(written), options: .fragmentsAllowed)) != nil
        check(isFine, "no JSON: \(String(decoding: written, as: UTF8.self))")
    }

    private static func scan(_ text: [UInt8], isWrapped: Bool) {
        text.withUnsafeBytes { bytes in
            do throws(EnvelopeError) {
                let envelope = try PayloadCodec.json.envelope(bytes)
                check(0...255 ~= envelope.op && (envelope.sequence ?? 0) >= 0, "an envelope out of bounds: \(envelope)")
                if let data = envelope.data {
                    check(0 <= data.lowerBound && data.upperBound <= bytes.count && !data.isEmpty, "data beyond the bytes: \(data)")
                    Self.readData(Array(bytes[data]))
                    let pruned = try PayloadCodec.json.envelope(bytes, wanted: [])
                    // A payload that says `op` again after `d` is pruned by what it said first.
                    check(
                        pruned.isPruned || (pruned.op == envelope.op && (envelope.op != 0 || envelope.type == nil || envelope.sequence == nil)),
                        "not pruned: \(envelope)")
                }
                if Self.isForFoundation(text) { check(Self.foundationAccepts(text), "accepted here, refused by Foundation") }
            } catch {
                switch error {
                case .badOpcode, .badSequence, .badType, .tooDeep, .badVersion, .compressedTerm, .badFloat, .integerTooLarge: break
                case .notAnObject, .truncated, .unexpectedByte, .invalidUTF8, .trailingBytes:
                    // Unwrapped, Foundation knows UTF-16 and UTF-32, and values that are no objects.
                    if isWrapped, Self.isForFoundation(text), !Self.hasTrailingComma(text) {
                        check(!Self.foundationAccepts(text), "refused here (\(error)), accepted by Foundation")
                    }
                }
            }
        }
    }

    private static func readData(_ data: [UInt8]) {
        data.withUnsafeBytes { data in
            if let interval = PayloadCodec.json.heartbeatInterval(data) { check(interval <= .milliseconds(1 << 40), "an interval out of bounds: \(interval)") }
            if let ready = PayloadCodec.json.ready(data) { check(1...128 ~= ready.sessionID.utf8.count && !ready.resumeGatewayURL.isEmpty, "\(ready)") }
            _ = PayloadCodec.json.isResumable(data)
        }
    }

    private static func foundationAccepts(_ text: [UInt8]) -> Bool {
        (try? JSONSerialization.jsonObject(with: Data(text))) != nil
    }

    /// Known differences: Foundation refuses numbers beyond `Double`, escaped surrogates without their pairs, and more than 512 levels.
    private static func isForFoundation(_ text: [UInt8]) -> Bool {
        var digits = 0
        for (index, byte) in text.enumerated() {
            digits = 0x30...0x39 ~= byte || byte == 0x2E ? digits + 1 : 0
            if digits > 15 { return false }
            switch byte {
            case UInt8(ascii: "e"), UInt8(ascii: "E"): if index > 0, 0x30...0x39 ~= text[index - 1] { return false }
            case UInt8(ascii: "u"):
                if index + 1 < text.count, text[index - 1] == UInt8(ascii: "\\"), text[index + 1] | 0x20 == UInt8(ascii: "d") { return false }
            default: break
            }
        }
        return true
    }

    /// Foundation takes a comma before a closing bracket.
    private static func hasTrailingComma(_ text: [UInt8]) -> Bool {
        var isAfterComma = false
        for byte in text {
            switch byte {
            case UInt8(ascii: ","): isAfterComma = true
            case UInt8(ascii: "}"), UInt8(ascii: "]"): if isAfterComma { return true }
            case 0x20, 0x09, 0x0A, 0x0D: break
            default: isAfterComma = false
            }
        }
        return false
    }
}
