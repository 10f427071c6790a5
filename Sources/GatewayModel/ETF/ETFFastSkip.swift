/// The hot path: passes over the terms that Discord sends, checking all of them, in registers alone.
///
/// It names no error and knows no rare term: where it gives up, `ETFCursor.skip` decides. What it accepts, that accepts too, to the same end.
enum ETFFastSkip {
    /// - Parameters:
    ///   - index: of the first term.
    ///   - terms: how many follow one another; in a map keys and values, so that they are even in number.
    ///   - depth: of these terms; a container's are one deeper than itself.
    /// - Returns: where the last one ends; negative where it gives up.
    static func end(of terms: Int, isMap: Bool, depth: Int, at index: Int, in bytes: UnsafeRawBufferPointer) -> Int {
        guard terms > 0 else { return index }
        guard depth <= ETFCursor.maxDepth, let base = bytes.baseAddress else { return -1 }
        let end = bytes.count
        var index = index
        var terms = terms
        while terms > 0 {
            guard index < end else { return -1 }
            let tag = base.load(fromByteOffset: index, as: UInt8.self)
            index += 1
            let count: Int
            switch tag {
            case ETFTag.binary:
                guard end - index >= 4 else { return -1 }
                count = Int(UInt32(bigEndian: base.loadUnaligned(fromByteOffset: index, as: UInt32.self)))
                index += 4
                guard count <= end - index, Self.isUTF8(base, index, count, end) else { return -1 }
            case ETFTag.smallAtomUTF8:
                guard index < end else { return -1 }
                count = Int(base.load(fromByteOffset: index, as: UInt8.self))
                index += 1
                guard count <= end - index, Self.isUTF8(base, index, count, end) else { return -1 }
            case ETFTag.smallAtom:
                guard index < end else { return -1 }
                count = Int(base.load(fromByteOffset: index, as: UInt8.self))
                index += 1
            case ETFTag.atom:
                guard end - index >= 2 else { return -1 }
                count = Int(UInt16(bigEndian: base.loadUnaligned(fromByteOffset: index, as: UInt16.self)))
                index += 2
            case ETFTag.smallInteger: count = 1
            case ETFTag.integer: count = 4
            case ETFTag.smallBig:
                guard index < end else { return -1 }
                count = 2 + Int(base.load(fromByteOffset: index, as: UInt8.self))
            default:
                // What may stand for a value only.
                guard !isMap || terms & 1 == 1 else { return -1 }
                count = 0
                switch tag {
                case ETFTag.null: break
                case ETFTag.map, ETFTag.list:
                    guard end - index >= 4 else { return -1 }
                    let elements = Int(UInt32(bigEndian: base.loadUnaligned(fromByteOffset: index, as: UInt32.self)))
                    let isMap = tag == ETFTag.map
                    index = Self.end(of: isMap ? 2 * elements : elements, isMap: isMap, depth: depth + 1, at: index + 4, in: bytes)
                    guard index >= 0 else { return -1 }
                    if !isMap {
                        guard index < end, base.load(fromByteOffset: index, as: UInt8.self) == ETFTag.null else { return -1 }
                        index += 1
                    }
                default: return -1
                }
            }
            guard count <= end - index else { return -1 }
            index += count
            terms -= 1
        }
        return index
    }

    /// Whether it is ASCII, or else well-formed UTF-8.
    @inline(__always)
    private static func isUTF8(_ base: UnsafeRawPointer, _ index: Int, _ count: Int, _ end: Int) -> Bool {
        var isASCII = true
        var index = index
        let last = index + count - 8
        if count < 8 {
            // One load: what lies behind the text is shifted away.
            if count == 0 { return true }
            guard index <= end - 8 else { return Self.isUTF8Slowly(base, index, count) }
            let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            isASCII = (word << UInt64(64 - 8 * count)) & 0x8080_8080_8080_8080 == 0
        } else {
            var bits: UInt64 = 0
            while index < last {
                bits |= base.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                index += 8
            }
            bits |= base.loadUnaligned(fromByteOffset: last, as: UInt64.self)
            isASCII = bits & 0x8080_8080_8080_8080 == 0
            index = last - count + 8
        }
        return isASCII || Self.isUTF8Slowly(base, index, count)
    }

    @inline(never)
    private static func isUTF8Slowly(_ base: UnsafeRawPointer, _ index: Int, _ count: Int) -> Bool {
        UTF8Check.firstFault(in: UnsafeRawBufferPointer(start: base, count: index + count), index..<index + count) == nil
    }
}
