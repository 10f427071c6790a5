/// Walks the members of one JSON object by its bytes, without decoding a value: some 100 ns for the head of a line.
///
/// It trusts that the object is well formed where it looks, and looks no further than asked: what follows the last member wanted is never read.
struct JSONMembers {
    private let bytes: UnsafeRawBufferPointer
    private var position: Int

    /// - Parameter bytes: one object, no leading space; valid while this value lives.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.first == UInt8(ascii: "{") else { return nil }
        self.bytes = bytes
        self.position = 1
    }

    /// The next member: its key without quotes, its value with them. `nil` at the end, or where the bytes are no JSON.
    mutating func next() -> (key: Range<Int>, value: Range<Int>)? {
        self.skip(while: { $0 == UInt8(ascii: ",") || Self.isSpace($0) })
        guard let key = self.string() else { return nil }
        self.skip(while: { $0 == UInt8(ascii: ":") || Self.isSpace($0) })
        let start = self.position
        guard self.skipValue() else { return nil }
        return (key.dropFirst().dropLast(), start..<self.position)
    }

    func matches(_ range: Range<Int>, _ text: StaticString) -> Bool {
        guard range.count == text.utf8CodeUnitCount else { return false }
        return text.withUTF8Buffer { wanted in
            for offset in 0..<wanted.count where self.bytes[range.lowerBound + offset] != wanted[offset] { return false }
            return true
        }
    }

    /// A whole number; the fraction of a decimal one is dropped. `nil` for anything else.
    func integer(_ range: Range<Int>) -> Int64? {
        var value: Int64 = 0
        var digits = 0
        var index = range.lowerBound
        let negative = index < range.upperBound && self.bytes[index] == UInt8(ascii: "-")
        if negative { index += 1 }
        while index < range.upperBound, case let byte = self.bytes[index], byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(Int64(byte - UInt8(ascii: "0")))
            guard !overflow, !carry else { return nil }
            value = sum
            digits += 1
            index += 1
        }
        guard digits > 0, index == range.upperBound || self.bytes[index] == UInt8(ascii: ".") else { return nil }
        return negative ? -value : value
    }

    /// A string's bytes between its quotes, escapes as they stand: good for names and ids, which have none. `nil` for anything else.
    func text(_ range: Range<Int>) -> String? {
        guard range.count >= 2, self.bytes[range.lowerBound] == UInt8(ascii: "\"") else { return nil }
        return String(decoding: UnsafeRawBufferPointer(rebasing: self.bytes[range.dropFirst().dropLast()]), as: UTF8.self)
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
    }

    private mutating func skip(while condition: (UInt8) -> Bool) {
        while self.position < self.bytes.count, condition(self.bytes[self.position]) { self.position += 1 }
    }

    /// With its quotes.
    private mutating func string() -> Range<Int>? {
        let start = self.position
        guard start < self.bytes.count, self.bytes[start] == UInt8(ascii: "\"") else { return nil }
        self.position += 1
        while self.position < self.bytes.count {
            switch self.bytes[self.position] {
            case UInt8(ascii: "\\"): self.position += 2
            case UInt8(ascii: "\""):
                self.position += 1
                return start..<self.position
            default: self.position += 1
            }
        }
        return nil
    }

    private mutating func skipValue() -> Bool {
        guard self.position < self.bytes.count else { return false }
        switch self.bytes[self.position] {
        case UInt8(ascii: "\""): return self.string() != nil
        case UInt8(ascii: "{"), UInt8(ascii: "["): return self.skipNested()
        default:
            let start = self.position
            self.skip(while: { $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "}") && !Self.isSpace($0) })
            return self.position > start
        }
    }

    private mutating func skipNested() -> Bool {
        var depth = 0
        while self.position < self.bytes.count {
            switch self.bytes[self.position] {
            case UInt8(ascii: "\""):
                guard self.string() != nil else { return false }
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            default: break
            }
            self.position += 1
            if depth == 0 { return true }
        }
        return false
    }
}

extension Range<Int> {
    fileprivate func dropFirst() -> Range<Int> { self.lowerBound + 1..<self.upperBound }
    fileprivate func dropLast() -> Range<Int> { self.lowerBound..<self.upperBound - 1 }
}
