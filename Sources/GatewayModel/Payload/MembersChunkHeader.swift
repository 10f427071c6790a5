/// What tells one GUILD_MEMBERS_CHUNK from another, without decoding its members, of which there are up to a thousand.
package struct MembersChunkHeader: Hashable, Sendable {
    package var guildID: Snowflake
    package var nonce: String?
    /// In `0..<count`, if Discord keeps its word.
    package var index: Int
    package var count: Int
    /// How many members it holds.
    package var members: Int

    /// - Parameter data: `d`, well-formed. `nil` where one of the fields is missing or is something else.
    package init?(_ data: UnsafeRawBufferPointer, _ codec: PayloadCodec) {
        var fields = Fields()
        switch codec {
        case .json: fields.read(json: data)
        case .etf: fields.read(etf: data)
        }
        guard let guildID = fields.guildID, let index = fields.index, let count = fields.count, let members = fields.members else { return nil }
        self.guildID = guildID
        self.nonce = fields.nonce
        self.index = index
        self.count = count
        self.members = members
    }

    private struct Fields {
        var guildID: Snowflake?
        var nonce: String?
        var index: Int?
        var count: Int?
        var members: Int?

        mutating func read(json data: UnsafeRawBufferPointer) {
            var fields = self
            // Without all of it the header is refused, whatever the reason.
            try? JSONCursor.forEachField(in: data) { key, value throws(EnvelopeError) in
                switch JSONCursor.string(key, in: data) {
                case "guild_id": fields.guildID = JSONCursor.string(at: value, in: data).flatMap { Snowflake($0) }
                case "nonce": fields.nonce = JSONCursor.string(at: value, in: data)
                case "chunk_index": fields.index = JSONCursor.integer(at: value, in: data).flatMap { Int(exactly: $0) }
                case "chunk_count": fields.count = JSONCursor.integer(at: value, in: data).flatMap { Int(exactly: $0) }
                case "members": fields.members = JSONCursor.count(ofArrayAt: value, in: data)
                default: break
                }
            }
            self = fields
        }

        mutating func read(etf data: UnsafeRawBufferPointer) {
            var fields = self
            var cursor = ETFCursor(data)
            // Without all of it the header is refused, whatever the reason.
            try? cursor.forEachField { key, cursor throws(EnvelopeError) in
                switch key.map({ cursor.string($0) }) {
                case "guild_id":
                    switch try cursor.scalar() {
                    case .integer(let number): fields.guildID = UInt64(exactly: number).map { Snowflake($0) }
                    case .unsigned(let number): fields.guildID = Snowflake(number)
                    case .text(let text): fields.guildID = Snowflake(cursor.string(text))
                    default: break
                    }
                case "nonce": if case .text(let text) = try cursor.scalar() { fields.nonce = cursor.string(text) }
                case "chunk_index": if case .integer(let number) = try cursor.scalar() { fields.index = Int(exactly: number) }
                case "chunk_count": if case .integer(let number) = try cursor.scalar() { fields.count = Int(exactly: number) }
                case "members":
                    let start = cursor
                    switch try cursor.next() {
                    case .list(let count): fields.members = count
                    case .emptyList: fields.members = 0
                    default: break
                    }
                    cursor = start
                    try cursor.skip(depth: 1)
                default: try cursor.skip(depth: 1)
                }
            }
            self = fields
        }
    }
}

extension JSONCursor {
    /// Elements of the array that this value is, `nil` if it is something else.
    fileprivate static func count(ofArrayAt range: Range<Int>, in bytes: UnsafeRawBufferPointer) -> Int? {
        var cursor = JSONCursor(UnsafeRawBufferPointer(rebasing: bytes[range]))
        guard cursor.take(UInt8(ascii: "[")) else { return nil }
        cursor.skipWhitespace()
        if cursor.take(UInt8(ascii: "]")) { return 0 }
        var count = 0
        repeat {
            // Without a number the header is refused, whatever the reason.
            guard (try? cursor.value(depth: 0)) != nil else { return nil }
            count += 1
            cursor.skipWhitespace()
        } while cursor.take(UInt8(ascii: ","))
        return count
    }
}
