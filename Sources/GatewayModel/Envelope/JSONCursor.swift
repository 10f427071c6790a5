/// Walks strict JSON (RFC 8259) in place, checking every byte. No tree, no copies, no recursion.
///
/// Hostile bytes are answered by an error: every access is checked against the end, nesting is bounded.
struct JSONCursor {
    /// Discord nests some twenty levels deep at most.
    static let maxDepth = 128

    private let base: UnsafeRawPointer
    private let end: Int
    fileprivate(set) var index: Int

    /// - Parameter bytes: outlive the cursor.
    init(_ bytes: UnsafeRawBufferPointer) {
        // Of an empty buffer nothing is ever read.
        self.base = bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 1)!
        self.end = bytes.count
        self.index = 0
    }

    /// A string's bytes, between its quotes.
    struct Text {
        var range: Range<Int>
        var hasEscapes: Bool
    }

    var isAtEnd: Bool { self.index == self.end }

    /// 0, which JSON has nowhere, at the end.
    @inline(__always)
    func peek() -> UInt8 {
        self.index < self.end ? self.base.load(fromByteOffset: self.index, as: UInt8.self) : 0
    }

    @inline(__always)
    mutating func skipWhitespace() {
        while self.peek() <= 0x20 {
            switch self.peek() {
            case 0x20, 0x09, 0x0A, 0x0D: self.index += 1
            default: return
            }
        }
    }

    @inline(never)
    func unexpected() -> EnvelopeError {
        self.index < self.end ? .unexpectedByte(at: self.index) : .truncated
    }

    @inline(__always)
    mutating func expect(_ byte: UInt8) throws(EnvelopeError) {
        guard self.peek() == byte else { throw self.unexpected() }
        self.index += 1
    }

    /// Takes `byte` if it is next.
    @inline(__always)
    mutating func take(_ byte: UInt8) -> Bool {
        guard self.peek() == byte else { return false }
        self.index += 1
        return true
    }

    /// A field's name and its colon.
    @inline(__always)
    mutating func key() throws(EnvelopeError) -> Text {
        self.skipWhitespace()
        let key = try self.string()
        self.skipWhitespace()
        try self.expect(UInt8(ascii: ":"))
        return key
    }

    /// Whatever value comes next.
    ///
    /// - Parameter depth: of containers around it.
    /// - Returns: where it lies, without surrounding whitespace.
    @discardableResult
    mutating func value(depth outer: Int) throws(EnvelopeError) -> Range<Int> {
        self.skipWhitespace()
        let start = self.index
        // One bit for each open container, the innermost lowest: whether it is an object.
        var stack: UInt128 = 0
        var depth = outer
        while true {
            self.skipWhitespace()
            switch self.peek() {
            case UInt8(ascii: "\""): _ = try self.string()
            case UInt8(ascii: "{"):
                guard depth < Self.maxDepth else { throw .tooDeep(at: self.index) }
                self.index += 1
                self.skipWhitespace()
                if !self.take(UInt8(ascii: "}")) {
                    stack = stack << 1 | 1
                    depth += 1
                    _ = try self.key()
                    continue
                }
            case UInt8(ascii: "["):
                guard depth < Self.maxDepth else { throw .tooDeep(at: self.index) }
                self.index += 1
                self.skipWhitespace()
                if !self.take(UInt8(ascii: "]")) {
                    stack = stack << 1
                    depth += 1
                    continue
                }
            case UInt8(ascii: "t"): try self.literal(0x65_75_72_74, count: 4)
            case UInt8(ascii: "n"): try self.literal(0x6C_6C_75_6E, count: 4)
            case UInt8(ascii: "f"):
                self.index += 1
                try self.literal(0x65_73_6C_61, count: 4)
            default: try self.number()
            }
            // A value ended: so may the containers around it.
            while true {
                guard depth > outer else { return start..<self.index }
                self.skipWhitespace()
                let isObject = stack & 1 == 1
                if self.take(UInt8(ascii: ",")) {
                    if isObject { _ = try self.key() }
                    break
                }
                try self.expect(isObject ? UInt8(ascii: "}") : UInt8(ascii: "]"))
                stack >>= 1
                depth -= 1
            }
        }
    }

    /// - Parameter letters: in the order of memory on a little-endian machine, the first lowest.
    @inline(__always)
    private mutating func literal(_ letters: UInt32, count: Int) throws(EnvelopeError) {
        var letters = letters
        for _ in 0..<count {
            try self.expect(UInt8(truncatingIfNeeded: letters))
            letters >>= 8
        }
    }

    @inline(__always)
    private mutating func digits() throws(EnvelopeError) {
        let start = self.index
        while self.peek() &- UInt8(ascii: "0") < 10 { self.index += 1 }
        guard self.index > start else { throw self.unexpected() }
    }

    @inline(__always)
    private mutating func number() throws(EnvelopeError) {
        _ = self.take(UInt8(ascii: "-"))
        if !self.take(UInt8(ascii: "0")) { try self.digits() }
        if self.take(UInt8(ascii: ".")) { try self.digits() }
        if self.take(UInt8(ascii: "e")) || self.take(UInt8(ascii: "E")) {
            if !self.take(UInt8(ascii: "+")) { _ = self.take(UInt8(ascii: "-")) }
            try self.digits()
        }
    }

    /// Reads eight bytes at a time, as long as they are plain ASCII without quote, backslash and control characters.
    @inline(__always)
    mutating func string() throws(EnvelopeError) -> Text {
        try self.expect(UInt8(ascii: "\""))
        let start = self.index
        var hasEscapes = false
        while true {
            while self.end - self.index >= 8 {
                let word = UInt64(littleEndian: self.base.loadUnaligned(fromByteOffset: self.index, as: UInt64.self))
                let special = Self.specialBytes(of: word)
                guard special == 0 else {
                    self.index += special.trailingZeroBitCount >> 3
                    break
                }
                self.index += 8
            }
            switch self.peek() {
            case UInt8(ascii: "\""):
                self.index += 1
                return Text(range: start..<self.index - 1, hasEscapes: hasEscapes)
            case UInt8(ascii: "\\"):
                hasEscapes = true
                try self.escape()
            case 0x00..<0x20: throw self.unexpected()
            case 0x80...: try self.multibyte()
            default: self.index += 1
            }
        }
    }

    /// The high bit of each byte that is a quote, a backslash, a control character or no ASCII. Only the lowest one set is sure.
    @inline(__always)
    private static func specialBytes(of word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quotes = word ^ (ones &* 0x22)
        let backslashes = word ^ (ones &* 0x5C)
        let isQuote = (quotes &- ones) & ~quotes
        let isBackslash = (backslashes &- ones) & ~backslashes
        let isControl = (word &- ones &* 0x20) & ~word
        return (isQuote | isBackslash | isControl | word) & (ones &* 0x80)
    }

    @inline(never)
    private mutating func escape() throws(EnvelopeError) {
        self.index += 1
        switch self.peek() {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"),
            UInt8(ascii: "t"):
            self.index += 1
        case UInt8(ascii: "u"):
            self.index += 1
            for _ in 0..<4 {
                guard Self.hexDigit(self.peek()) != nil else { throw self.unexpected() }
                self.index += 1
            }
        default: throw self.unexpected()
        }
    }

    /// A run of well-formed UTF-8 sequences beyond ASCII (Unicode, table 3-7): no surrogates, nothing overlong, nothing beyond U+10FFFF.
    @inline(never)
    private mutating func multibyte() throws(EnvelopeError) {
        while true {
            let second: ClosedRange<UInt8>
            let more: Int
            switch self.peek() {
            case 0x00..<0x80: return
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
            try self.continuation(second)
            for _ in 0..<more { try self.continuation(0x80...0xBF) }
        }
    }

    @inline(__always)
    private mutating func continuation(_ range: ClosedRange<UInt8>) throws(EnvelopeError) {
        guard self.index < self.end else { throw .truncated }
        guard range ~= self.peek() else { throw .invalidUTF8(at: self.index) }
        self.index += 1
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

extension JSONCursor {
    /// The whole of the bytes is one object; `field` sees each of its fields, in their order.
    static func forEachField(
        in bytes: UnsafeRawBufferPointer, _ field: (_ key: Text, _ value: Range<Int>) throws(EnvelopeError) -> Void
    ) throws(EnvelopeError) {
        var cursor = JSONCursor(bytes)
        try cursor.beginObject()
        if cursor.take(UInt8(ascii: "}")) { return try cursor.finish() }
        repeat {
            let key = try cursor.key()
            try field(key, try cursor.value(depth: 1))
            cursor.skipWhitespace()
        } while cursor.take(UInt8(ascii: ","))
        try cursor.expect(UInt8(ascii: "}"))
        try cursor.finish()
    }

    /// The opening brace of the outermost object.
    mutating func beginObject() throws(EnvelopeError) {
        self.skipWhitespace()
        guard self.peek() == UInt8(ascii: "{") else { throw .notAnObject }
        self.index += 1
        self.skipWhitespace()
    }

    /// Nothing but whitespace follows.
    mutating func finish() throws(EnvelopeError) {
        self.skipWhitespace()
        guard self.isAtEnd else { throw .trailingBytes(at: self.index) }
    }
}
