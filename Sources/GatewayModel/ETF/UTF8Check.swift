/// Well-formed UTF-8 (Unicode, table 3-7), checked in place: eight ASCII bytes in one step.
enum UTF8Check {
    /// The first byte in `range` that begins no well-formed sequence within it; `nil` if all is well. The range lies within the bytes.
    @inline(__always)
    static func firstFault(in bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Int? {
        let count = range.count
        if count < 8 {
            // A short text, one load: what lies behind it is masked away.
            if range.lowerBound <= bytes.count - 8 {
                let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: range.lowerBound, as: UInt64.self))
                if word & 0x8080_8080_8080_8080 & ((1 << (8 * UInt64(count))) - 1) == 0 { return nil }
            }
            return Self.slowFault(in: bytes, range)
        }
        var index = range.lowerBound
        while index <= range.upperBound - 8 {
            guard bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 == 0 else {
                return Self.slowFault(in: bytes, index..<range.upperBound)
            }
            index += 8
        }
        let last = bytes.loadUnaligned(fromByteOffset: range.upperBound - 8, as: UInt64.self)
        return last & 0x8080_8080_8080_8080 == 0 ? nil : Self.slowFault(in: bytes, index..<range.upperBound)
    }

    @inline(never)
    private static func slowFault(in bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Int? {
        var index = range.lowerBound
        while index < range.upperBound {
            let first = bytes[index]
            if first < 0x80 {
                index += 1
                continue
            }
            let second: ClosedRange<UInt8>
            let length: Int
            switch first {
            case 0xC2...0xDF: (second, length) = (0x80...0xBF, 2)
            case 0xE0: (second, length) = (0xA0...0xBF, 3)
            case 0xED: (second, length) = (0x80...0x9F, 3)
            case 0xE1...0xEF: (second, length) = (0x80...0xBF, 3)
            case 0xF0: (second, length) = (0x90...0xBF, 4)
            case 0xF1...0xF3: (second, length) = (0x80...0xBF, 4)
            case 0xF4: (second, length) = (0x80...0x8F, 4)
            default: return index
            }
            guard range.upperBound - index >= length, second.contains(bytes[index + 1]) else { return index }
            for offset in 2..<max(2, length) where bytes[index + offset] & 0xC0 != 0x80 { return index }
            index += length
        }
        return nil
    }
}
