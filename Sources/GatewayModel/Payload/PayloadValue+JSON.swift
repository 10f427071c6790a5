extension PayloadValue {
    /// Reads one JSON value, such as the data of a command that came over HTTP or from another process.
    ///
    /// - Parameter json: the value and nothing else, in UTF-8.
    /// - Throws: `EnvelopeError` for what is no JSON, a number that is not whole or beyond `Int64` (an id is a string), and a key that comes twice.
    package init(json: [UInt8]) throws(EnvelopeError) {
        self = try Self.read(json)
    }

    /// JSON text, in UTF-8.
    package var json: [UInt8] {
        var writer = JSONWriter()
        writer.append(self)
        return writer.output
    }

    private static func read(_ json: [UInt8]) throws(EnvelopeError) -> PayloadValue {
        let read: Result<PayloadValue, EnvelopeError> = json.withUnsafeBytes { bytes in
            do throws(EnvelopeError) {
                var cursor = JSONCursor(bytes)
                let value = try Self.read(&cursor, bytes, depth: 0)
                try cursor.finish()
                return .success(value)
            } catch {
                return .failure(error)
            }
        }
        return try read.get()
    }

    /// - Parameter depth: of containers around it; bounded by `JSONCursor.maxDepth`.
    private static func read(_ cursor: inout JSONCursor, _ bytes: UnsafeRawBufferPointer, depth: Int) throws(EnvelopeError) -> PayloadValue {
        cursor.skipWhitespace()
        switch cursor.peek() {
        case UInt8(ascii: "{"):
            guard depth < JSONCursor.maxDepth else { throw .tooDeep(at: cursor.index) }
            return .object(try self.readFields(&cursor, bytes, depth: depth + 1))
        case UInt8(ascii: "["):
            guard depth < JSONCursor.maxDepth else { throw .tooDeep(at: cursor.index) }
            return .array(try self.readElements(&cursor, bytes, depth: depth + 1))
        default:
            let range = try cursor.value(depth: depth)
            if JSONCursor.isNull(range, in: bytes) { return .null }
            if let flag = JSONCursor.boolean(at: range, in: bytes) { return .bool(flag) }
            if let text = JSONCursor.string(at: range, in: bytes) { return .string(text) }
            guard let number = JSONCursor.integer(at: range, in: bytes) else { throw .unexpectedByte(at: range.lowerBound) }
            return .integer(number)
        }
    }

    private static func readFields(_ cursor: inout JSONCursor, _ bytes: UnsafeRawBufferPointer, depth: Int) throws(EnvelopeError) -> [Field] {
        try cursor.expect(UInt8(ascii: "{"))
        cursor.skipWhitespace()
        var fields: [Field] = []
        var keys: Set<String> = []
        if cursor.take(UInt8(ascii: "}")) { return fields }
        repeat {
            let start = cursor.index
            let key = JSONCursor.string(try cursor.key(), in: bytes)
            guard keys.insert(key).inserted else { throw .unexpectedByte(at: start) }
            fields.append(Field(key: key, value: try self.read(&cursor, bytes, depth: depth)))
            cursor.skipWhitespace()
        } while cursor.take(UInt8(ascii: ","))
        try cursor.expect(UInt8(ascii: "}"))
        return fields
    }

    private static func readElements(
        _ cursor: inout JSONCursor, _ bytes: UnsafeRawBufferPointer, depth: Int
    ) throws(EnvelopeError) -> [PayloadValue] {
        try cursor.expect(UInt8(ascii: "["))
        cursor.skipWhitespace()
        var elements: [PayloadValue] = []
        if cursor.take(UInt8(ascii: "]")) { return elements }
        repeat {
            elements.append(try self.read(&cursor, bytes, depth: depth))
            cursor.skipWhitespace()
        } while cursor.take(UInt8(ascii: ","))
        try cursor.expect(UInt8(ascii: "]"))
        return elements
    }
}
