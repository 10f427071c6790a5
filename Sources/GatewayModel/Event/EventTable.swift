/// The documented event types by index. Its rows are generated.
enum EventTable {
    /// The index of a name that is in no row.
    static let unknown = UInt8.max

    /// The index of a name, or `unknown`.
    static func index(of name: UnsafeRawBufferPointer) -> UInt8 {
        guard self.lengths.contains(name.count) else { return self.unknown }
        let index = self.slots[self.slot(of: name)]
        guard index != self.unknown else { return self.unknown }
        let literal = self.literals[Int(index)]
        guard literal.utf8CodeUnitCount == name.count else { return self.unknown }
        return self.areEqual(name, UnsafeRawBufferPointer(start: literal.utf8Start, count: name.count)) ? index : self.unknown
    }

    /// Mixes four bytes at a third, the last four and the length: `scripts/generate-tables` found a multiplier that keeps all names apart by them.
    private static func slot(of name: UnsafeRawBufferPointer) -> Int {
        let last = name.count - 4
        let middle = UInt64(UInt32(littleEndian: name.loadUnaligned(fromByteOffset: last / 3, as: UInt32.self)))
        let end = UInt64(UInt32(littleEndian: name.loadUnaligned(fromByteOffset: last, as: UInt32.self)))
        let key = (middle | end << 32) ^ UInt64(name.count)
        return Int(truncatingIfNeeded: (key &* self.multiplier) >> (64 - self.slotBits))
    }

    /// Of the same number of bytes, four or more: by words, the last of which overlaps the one before.
    private static func areEqual(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        let last = left.count - 4
        var offset = 0
        while offset < last {
            guard left.loadUnaligned(fromByteOffset: offset, as: UInt32.self) == right.loadUnaligned(fromByteOffset: offset, as: UInt32.self) else {
                return false
            }
            offset += 4
        }
        return left.loadUnaligned(fromByteOffset: last, as: UInt32.self) == right.loadUnaligned(fromByteOffset: last, as: UInt32.self)
    }
}

/// What Discord's documentation says about one event type.
struct EventFacts {
    /// Each of them gives it in guilds.
    var guild: Intents
    /// Each of them gives it in direct messages.
    var direct: Intents
    var guildIDPath: GuildIDPath?
    var mayLackGuildID: Bool
    var isForShardZeroOnly: Bool
}
