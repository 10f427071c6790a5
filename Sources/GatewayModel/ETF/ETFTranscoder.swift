/// Writes Erlang's external term format as JSON, for logs and sinks that know only that.
///
/// Maps become objects, lists and tuples arrays, atoms strings but for `nil`, `null`, `true` and `false`. A whole number beyond ±(2⁵³ − 1) becomes a
/// string, as Discord writes ids in JSON, since many readers of JSON would round it. The order of a map's keys stays, and a key that comes twice.
public enum ETFTranscoder {
    /// - Parameter bytes: one term, with or without the version byte 131: a whole payload, or the data of one.
    /// - Returns: one JSON value, in at most 6 bytes for each of the term.
    /// - Throws: where the bytes are no term, or one that `PayloadCodec.etf` would refuse.
    public static func json(fromETF bytes: UnsafeRawBufferPointer) throws(EnvelopeError) -> [UInt8] {
        var cursor = ETFCursor(bytes)
        cursor.skipVersion()
        var writer = JSONWriter()
        writer.output.reserveCapacity(bytes.count + bytes.count / 4)
        try Self.value(&cursor, &writer, depth: 0)
        try cursor.finish()
        return writer.output
    }

    private static func value(_ cursor: inout ETFCursor, _ writer: inout JSONWriter, depth: Int) throws(EnvelopeError) {
        guard depth <= ETFCursor.maxDepth else { throw .tooDeep(at: cursor.index) }
        switch try cursor.next() {
        case .null: writer.append(literal: "null")
        case .bool(let flag): writer.append(literal: flag ? "true" : "false")
        case .text(let text): self.quote(text, cursor, &writer)
        case .integer(let number): self.append("\(number)", isQuoted: ETFInteger.isText(number), &writer)
        case .unsigned(let number): self.append("\(number)", isQuoted: true, &writer)
        case .big(let magnitude, let isNegative):
            self.append(ETFInteger.decimal(cursor.bytes[magnitude], isNegative: isNegative), isQuoted: true, &writer)
        case .float(let number): self.append("\(number)", isQuoted: false, &writer)
        case .bytes(let range):
            writer.output.append(UInt8(ascii: "["))
            for index in range {
                if index > range.lowerBound { writer.output.append(UInt8(ascii: ",")) }
                self.append("\(cursor.bytes[index])", isQuoted: false, &writer)
            }
            writer.output.append(UInt8(ascii: "]"))
        case .emptyList: writer.append(literal: "[]")
        case .list(let count):
            try self.elements(count, &cursor, &writer, depth: depth)
            try cursor.endList()
        case .tuple(let count): try self.elements(count, &cursor, &writer, depth: depth)
        case .map(let count):
            writer.output.append(UInt8(ascii: "{"))
            for index in 0..<count {
                if index > 0 { writer.output.append(UInt8(ascii: ",")) }
                try self.key(&cursor, &writer)
                writer.output.append(UInt8(ascii: ":"))
                try self.value(&cursor, &writer, depth: depth + 1)
            }
            writer.output.append(UInt8(ascii: "}"))
        }
    }

    private static func elements(_ count: Int, _ cursor: inout ETFCursor, _ writer: inout JSONWriter, depth: Int) throws(EnvelopeError) {
        writer.output.append(UInt8(ascii: "["))
        for index in 0..<count {
            if index > 0 { writer.output.append(UInt8(ascii: ",")) }
            try self.value(&cursor, &writer, depth: depth + 1)
        }
        writer.output.append(UInt8(ascii: "]"))
    }

    private static func key(_ cursor: inout ETFCursor, _ writer: inout JSONWriter) throws(EnvelopeError) {
        let key = try cursor.key()
        if case .text(let text) = key { self.quote(text, cursor, &writer) } else { writer.append(quoted: cursor.keyString(key)) }
    }

    private static func quote(_ text: ETFText, _ cursor: ETFCursor, _ writer: inout JSONWriter) {
        if text.isLatin1 {
            writer.append(quoted: cursor.string(text))
        } else {
            writer.append(quoted: UnsafeRawBufferPointer(rebasing: cursor.bytes[text.range]))
        }
    }

    private static func append(_ number: String, isQuoted: Bool, _ writer: inout JSONWriter) {
        if isQuoted { writer.append(quoted: number) } else { writer.output.append(contentsOf: number.utf8) }
    }
}
