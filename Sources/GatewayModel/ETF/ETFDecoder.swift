/// Decodes `Decodable` types out of Erlang's external term format, to the same values as out of the JSON that Discord would send instead.
///
/// - A map is a keyed container, its keys atoms, binaries or whole numbers; a list or a tuple is an unkeyed one; `nil` and `null` are null.
/// - A `String` reads a binary, an atom, and a whole number beyond ±(2⁵³ − 1) in decimal: an id, which is a string in JSON. A smaller number is none,
///   so that a type that tries `String` before `Int` finds the same as in JSON.
/// - A whole number reads one of any size that fits, and a float without fraction. A number never reads a string.
///
/// What Foundation's `JSONDecoder` does beyond `Decodable`, such as dates from ISO 8601, is had by `ETFTranscoder` before it.
public struct ETFDecoder: Sendable {
    /// Handed to each type's `init(from:)`.
    public var userInfo: [CodingUserInfoKey: any Sendable] = [:]

    /// Needs no settings.
    public init() {}

    /// - Parameters:
    ///   - type: what the term is to become.
    ///   - bytes: one term, with or without the version byte 131: a whole payload, or the data of one.
    /// - Throws: `DecodingError`; for bytes that are no term `dataCorrupted` with an `EnvelopeError` under it.
    public func decode<Value: Decodable>(_ type: Value.Type, from bytes: some Sequence<UInt8>) throws -> Value {
        let document = ETFDocument(bytes, userInfo: self.userInfo)
        let root: Int
        do throws(EnvelopeError) {
            root = try document.check()
        } catch {
            throw DecodingError.dataCorrupted(DecodingError.Context(codingPath: [], debugDescription: "no ETF: \(error)", underlyingError: error))
        }
        return try ETFNode(document: document, place: .term(start: root), codingPath: []).decode(type)
    }
}

/// Keeps the bytes for as long as anything decodes from them.
final class ETFDocument {
    private let bytes: UnsafeRawBufferPointer
    let userInfo: [CodingUserInfoKey: any Sendable]

    init(_ bytes: some Sequence<UInt8>, userInfo: [CodingUserInfoKey: any Sendable]) {
        let bytes = Array(bytes)
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        copy.copyBytes(from: bytes)
        self.bytes = UnsafeRawBufferPointer(copy)
        self.userInfo = userInfo
    }

    deinit {
        self.bytes.deallocate()
    }

    /// - Returns: where the one term begins.
    func check() throws(EnvelopeError) -> Int {
        try self.read(at: 0) { cursor throws(EnvelopeError) in
            cursor.skipVersion()
            let root = cursor.index
            try cursor.skip(depth: 0)
            try cursor.finish()
            return root
        }
    }

    func read<Result>(at index: Int, _ body: (inout ETFCursor) throws(EnvelopeError) -> Result) throws(EnvelopeError) -> Result {
        try withExtendedLifetime(self) { () throws(EnvelopeError) in
            var cursor = ETFCursor(self.bytes, at: index)
            return try body(&cursor)
        }
    }
}
