// What terms are made of. Each length is checked against what is left.
extension ETFCursor {
    @inline(__always)
    var left: Int { self.bytes.count - self.index }

    @inline(__always)
    mutating func byte() throws(EnvelopeError) -> UInt8 {
        guard self.left >= 1 else { throw .truncated }
        defer { self.index += 1 }
        return self.bytes[self.index]
    }

    /// Two bytes.
    @inline(__always)
    mutating func half() throws(EnvelopeError) -> Int {
        guard self.left >= 2 else { throw .truncated }
        defer { self.index += 2 }
        return Int(UInt16(bigEndian: self.bytes.loadUnaligned(fromByteOffset: self.index, as: UInt16.self)))
    }

    /// Four bytes.
    @inline(__always)
    mutating func word() throws(EnvelopeError) -> UInt32 {
        guard self.left >= 4 else { throw .truncated }
        defer { self.index += 4 }
        return UInt32(bigEndian: self.bytes.loadUnaligned(fromByteOffset: self.index, as: UInt32.self))
    }

    @inline(__always)
    mutating func length() throws(EnvelopeError) -> Int {
        Int(try self.word())
    }

    /// Of elements, each of `minimum` bytes at least: never more than could follow.
    @inline(__always)
    mutating func count(of minimum: Int) throws(EnvelopeError) -> Int {
        let count = try self.length()
        guard count <= self.left / minimum else { throw .truncated }
        return count
    }

    @inline(__always)
    mutating func take(_ count: Int) throws(EnvelopeError) -> Range<Int> {
        guard count <= self.left else { throw .truncated }
        let range = self.index..<self.index + count
        self.index += count
        return range
    }

    @inline(__always)
    mutating func utf8(_ count: Int) throws(EnvelopeError) -> Range<Int> {
        let range = try self.take(count)
        if let fault = UTF8Check.firstFault(in: self.bytes, range) { throw .invalidUTF8(at: fault) }
        return range
    }

    /// ASCII is UTF-8, too.
    func latin1Atom(_ range: Range<Int>) -> ETFTerm {
        for index in range where self.bytes[index] >= 0x80 { return .text(ETFText(range: range, isLatin1: true)) }
        return self.atom(ETFText(range: range))
    }

    /// The four atoms that mean something are ASCII, whatever the atom's kind.
    func atom(_ text: ETFText) -> ETFTerm {
        switch text.range.count {
        case 3 where self.equals(text.range, "nil"): .null
        case 4 where self.equals(text.range, "null"): .null
        case 4 where self.equals(text.range, "true"): .bool(true)
        case 5 where self.equals(text.range, "false"): .bool(false)
        default: .text(text)
        }
    }

    @inline(__always)
    func equals(_ range: Range<Int>, _ text: StaticString) -> Bool {
        guard range.count == text.utf8CodeUnitCount else { return false }
        for offset in 0..<range.count where self.bytes[range.lowerBound + offset] != text.utf8Start[offset] { return false }
        return true
    }

    /// A sign, then `count` bytes, the least significant one first.
    mutating func big(_ count: Int) throws(EnvelopeError) -> ETFTerm {
        let isNegative = try self.byte() != 0
        var magnitude = try self.take(count)
        while let last = magnitude.last, self.bytes[last] == 0 { magnitude = magnitude.lowerBound..<last }
        guard magnitude.count <= 8 else { return .big(magnitude: magnitude, isNegative: isNegative) }
        let value = self.bytes[magnitude].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        if !isNegative { return Int64(exactly: value).map { .integer($0) } ?? .unsigned(value) }
        return value <= Int64.min.magnitude ? .integer(Int64(truncatingIfNeeded: 0 &- value)) : .big(magnitude: magnitude, isNegative: true)
    }

    /// The number that C's `%.20e` wrote, ended by zero bytes.
    func decimal(_ range: Range<Int>) -> Double {
        let text = self.bytes[range].prefix { $0 != 0 }
        // What Swift reads beyond that, hexadecimal and such, is none.
        guard text.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || "+-.eE".utf8.contains($0) }) else { return .nan }
        return Double(String(decoding: UnsafeRawBufferPointer(rebasing: text), as: UTF8.self)) ?? .nan
    }

    static func finite(_ value: Double, at index: Int) throws(EnvelopeError) -> ETFTerm {
        guard value.isFinite else { throw .badFloat(at: index) }
        return .float(value)
    }
}
