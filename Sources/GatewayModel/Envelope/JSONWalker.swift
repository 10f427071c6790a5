/// Walks strict JSON (RFC 8259) in place, checking it and noting where values lie. No tree, no copies.
///
/// Hostile bytes are answered by an error: every access is checked against the end, nesting is bounded.
struct JSONWalker {
    /// Discord nests some twenty levels deep at most.
    static let maxDepth = 128

    let bytes: UnsafeRawBufferPointer
    var index = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// Where a string's bytes lie, between its quotes.
    struct Text {
        var range: Range<Int>
        var hasEscapes: Bool
    }

    /// The whole of the bytes is one object; `field` sees each of its fields, in their order.
    static func forEachField(
        in bytes: UnsafeRawBufferPointer, _ field: (_ key: Text, _ value: Range<Int>) throws(EnvelopeError) -> Void
    ) throws(EnvelopeError) {
        var walker = JSONWalker(bytes)
        walker.skipWhitespace()
        guard walker.peek() == UInt8(ascii: "{") else { throw .notAnObject }
        try walker.object(depth: 0, field)
        walker.skipWhitespace()
        guard walker.index == bytes.count else { throw .trailingBytes(at: walker.index) }
    }

    private func peek() -> UInt8? {
        self.index < self.bytes.count ? self.bytes[self.index] : nil
    }

    private mutating func skipWhitespace() {
        while self.index < self.bytes.count {
            switch self.bytes[self.index] {
            case 0x20, 0x09, 0x0A, 0x0D: self.index += 1
            default: return
            }
        }
    }

    private func unexpected() -> EnvelopeError {
        self.index < self.bytes.count ? .unexpectedByte(at: self.index) : .truncated
    }

    private mutating func expect(_ byte: UInt8) throws(EnvelopeError) {
        guard self.peek() == byte else { throw self.unexpected() }
        self.index += 1
    }

    private mutating func object(
        depth: Int, _ field: (_ key: Text, _ value: Range<Int>) throws(EnvelopeError) -> Void
    ) throws(EnvelopeError) {
        try self.expect(UInt8(ascii: "{"))
        self.skipWhitespace()
        if self.peek() == UInt8(ascii: "}") {
            self.index += 1
            return
        }
        while true {
            self.skipWhitespace()
            let key = try self.string()
            self.skipWhitespace()
            try self.expect(UInt8(ascii: ":"))
            self.skipWhitespace()
            let start = self.index
            try self.value(depth: depth + 1)
            try field(key, start..<self.index)
            self.skipWhitespace()
            guard self.peek() == UInt8(ascii: ",") else { break }
            self.index += 1
        }
        try self.expect(UInt8(ascii: "}"))
    }

    private mutating func array(depth: Int) throws(EnvelopeError) {
        try self.expect(UInt8(ascii: "["))
        self.skipWhitespace()
        if self.peek() == UInt8(ascii: "]") {
            self.index += 1
            return
        }
        while true {
            self.skipWhitespace()
            try self.value(depth: depth + 1)
            self.skipWhitespace()
            guard self.peek() == UInt8(ascii: ",") else { break }
            self.index += 1
        }
        try self.expect(UInt8(ascii: "]"))
    }

    private mutating func value(depth: Int) throws(EnvelopeError) {
        guard depth <= Self.maxDepth else { throw .tooDeep(at: self.index) }
        switch self.peek() {
        case UInt8(ascii: "{"): try self.object(depth: depth) { _, _ throws(EnvelopeError) in }
        case UInt8(ascii: "["): try self.array(depth: depth)
        case UInt8(ascii: "\""): _ = try self.string()
        case UInt8(ascii: "t"): try self.literal("true")
        case UInt8(ascii: "f"): try self.literal("false")
        case UInt8(ascii: "n"): try self.literal("null")
        case let byte? where byte == UInt8(ascii: "-") || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte: try self.number()
        default: throw self.unexpected()
        }
    }

    private mutating func literal(_ text: StaticString) throws(EnvelopeError) {
        for offset in 0..<text.utf8CodeUnitCount { try self.expect(text.utf8Start[offset]) }
    }

    private mutating func digits() throws(EnvelopeError) {
        let start = self.index
        while let byte = self.peek(), UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte { self.index += 1 }
        guard self.index > start else { throw self.unexpected() }
    }

    private mutating func number() throws(EnvelopeError) {
        if self.peek() == UInt8(ascii: "-") { self.index += 1 }
        if self.peek() == UInt8(ascii: "0") { self.index += 1 } else { try self.digits() }
        if self.peek() == UInt8(ascii: ".") {
            self.index += 1
            try self.digits()
        }
        if self.peek() == UInt8(ascii: "e") || self.peek() == UInt8(ascii: "E") {
            self.index += 1
            if self.peek() == UInt8(ascii: "+") || self.peek() == UInt8(ascii: "-") { self.index += 1 }
            try self.digits()
        }
    }

    private mutating func string() throws(EnvelopeError) -> Text {
        try self.expect(UInt8(ascii: "\""))
        let start = self.index
        var hasEscapes = false
        while self.index < self.bytes.count {
            let byte = self.bytes[self.index]
            switch byte {
            case UInt8(ascii: "\""):
                self.index += 1
                return Text(range: start..<self.index - 1, hasEscapes: hasEscapes)
            case UInt8(ascii: "\\"):
                hasEscapes = true
                try self.escape()
            case 0x00..<0x20: throw .unexpectedByte(at: self.index)
            case 0x20..<0x80: self.index += 1
            default: try self.multibyte(byte)
            }
        }
        throw .truncated
    }

    private mutating func escape() throws(EnvelopeError) {
        self.index += 1
        switch self.peek() {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"),
            UInt8(ascii: "t"):
            self.index += 1
        case UInt8(ascii: "u"):
            self.index += 1
            for _ in 0..<4 {
                guard let byte = self.peek(), Self.hexDigit(byte) != nil else { throw self.unexpected() }
                self.index += 1
            }
        default: throw self.unexpected()
        }
    }

    /// One well-formed UTF-8 sequence (Unicode, table 3-7): no surrogates, nothing overlong, nothing beyond U+10FFFF.
    private mutating func multibyte(_ first: UInt8) throws(EnvelopeError) {
        let second: ClosedRange<UInt8>
        let more: Int
        switch first {
        case 0xC2...0xDF: (second, more) = (0x80...0xBF, 0)
        case 0xE0: (second, more) = (0xA0...0xBF, 1)
        case 0xED: (second, more) = (0x80...0x9F, 1)
        case 0xE1...0xEF: (second, more) = (0x80...0xBF, 1)
        case 0xF0: (second, more) = (0x90...0xBF, 2)
        case 0xF1...0xF3: (second, more) = (0x80...0xBF, 2)
        case 0xF4: (second, more) = (0x80...0x8F, 2)
        default: throw .invalidUTF8(at: self.index)
        }
        self.index += 1
        guard let byte = self.peek() else { throw .truncated }
        guard second ~= byte else { throw .invalidUTF8(at: self.index) }
        self.index += 1
        for _ in 0..<more {
            guard let byte = self.peek() else { throw .truncated }
            guard 0x80...0xBF ~= byte else { throw .invalidUTF8(at: self.index) }
            self.index += 1
        }
    }

    static func hexDigit(_ byte: UInt8) -> UInt16? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt16(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt16(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt16(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }
}
