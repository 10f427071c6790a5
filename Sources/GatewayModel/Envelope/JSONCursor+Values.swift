// Values out of ranges that the cursor has checked.
extension JSONCursor {
    /// A string's content; an unpaired surrogate becomes U+FFFD.
    static func string(_ text: Text, in bytes: UnsafeRawBufferPointer) -> String {
        let raw = UnsafeRawBufferPointer(rebasing: bytes[text.range])
        guard text.hasEscapes else { return String(decoding: raw, as: UTF8.self) }
        var units: [UInt16] = []
        var plain: [UInt8] = []
        func flush() {
            units.append(contentsOf: String(decoding: plain, as: UTF8.self).utf16)
            plain.removeAll()
        }
        var index = 0
        while index < raw.count {
            guard raw[index] == UInt8(ascii: "\\") else {
                plain.append(raw[index])
                index += 1
                continue
            }
            flush()
            let letter = raw[index + 1]
            index += 2
            switch letter {
            case UInt8(ascii: "b"): units.append(0x08)
            case UInt8(ascii: "f"): units.append(0x0C)
            case UInt8(ascii: "n"): units.append(0x0A)
            case UInt8(ascii: "r"): units.append(0x0D)
            case UInt8(ascii: "t"): units.append(0x09)
            case UInt8(ascii: "u"):
                units.append(raw[index..<index + 4].reduce(0) { $0 << 4 | (Self.hexDigit($1) ?? 0) })
                index += 4
            default: units.append(UInt16(letter))
            }
        }
        flush()
        return String(decoding: units, as: UTF16.self)
    }

    /// The string that this value is, `nil` if it is something else.
    static func string(at range: Range<Int>, in bytes: UnsafeRawBufferPointer) -> String? {
        guard range.count >= 2, bytes[range.lowerBound] == UInt8(ascii: "\"") else { return nil }
        let content = range.lowerBound + 1..<range.upperBound - 1
        return Self.string(Text(range: content, hasEscapes: bytes[content].contains(UInt8(ascii: "\\"))), in: bytes)
    }

    /// The whole number that this value is, `nil` if it is something else or beyond `Int64`.
    static func integer(at range: Range<Int>, in bytes: UnsafeRawBufferPointer) -> Int64? {
        var index = range.lowerBound
        let isNegative = bytes[index] == UInt8(ascii: "-")
        if isNegative { index += 1 }
        guard index < range.upperBound else { return nil }
        var number: Int64 = 0
        while index < range.upperBound {
            guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= bytes[index] else { return nil }
            let (shifted, overflow) = number.multipliedReportingOverflow(by: 10)
            let (sum, carry) = shifted.addingReportingOverflow(Int64(bytes[index] - UInt8(ascii: "0")))
            guard !overflow, !carry else { return nil }
            number = sum
            index += 1
        }
        return isNegative ? -number : number
    }

    static func isNull(_ range: Range<Int>, in bytes: UnsafeRawBufferPointer) -> Bool {
        bytes[range.lowerBound] == UInt8(ascii: "n")
    }

    static func boolean(at range: Range<Int>, in bytes: UnsafeRawBufferPointer) -> Bool? {
        switch bytes[range.lowerBound] {
        case UInt8(ascii: "t"): true
        case UInt8(ascii: "f"): false
        default: nil
        }
    }
}
