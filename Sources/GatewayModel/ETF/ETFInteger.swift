/// Whole numbers of ETF as texts.
enum ETFInteger {
    /// JSON's readers agree on whole numbers up to here (RFC 8259, 6); Discord's ids lie beyond, and are strings there.
    static let maxExactInJSON: Int64 = (1 << 53) - 1

    /// Whether Discord would write it as a string in JSON: an id.
    static func isText(_ number: Int64) -> Bool {
        number.magnitude > UInt64(Self.maxExactInJSON)
    }

    /// - Parameter magnitude: least significant byte first.
    static func decimal(_ magnitude: Slice<UnsafeRawBufferPointer>, isNegative: Bool) -> String {
        // Base 10⁹, least significant digit first.
        var digits: [UInt64] = [0]
        for byte in magnitude.reversed() {
            var carry = UInt64(byte)
            for index in digits.indices {
                let sum = digits[index] << 8 + carry
                digits[index] = sum % 1_000_000_000
                carry = sum / 1_000_000_000
            }
            if carry > 0 { digits.append(carry) }
        }
        var text = isNegative ? "-" : ""
        for (index, digit) in digits.reversed().enumerated() {
            let decimal = String(digit)
            if index > 0 { text += String(repeating: "0", count: 9 - decimal.utf8.count) }
            text += decimal
        }
        return text
    }
}

extension ETFCursor {
    /// A key of any kind, as the string that JSON has for it.
    func keyString(_ key: ETFTerm) -> String {
        switch key {
        case .text(let text): self.string(text)
        case .integer(let number): String(number)
        case .unsigned(let number): String(number)
        case .big(let magnitude, let isNegative): ETFInteger.decimal(self.bytes[magnitude], isNegative: isNegative)
        case .null, .bool, .float, .bytes, .emptyList, .list, .tuple, .map: preconditionFailure("\(key) is no key")
        }
    }
}
