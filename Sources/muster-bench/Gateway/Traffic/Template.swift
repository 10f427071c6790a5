import ClusterTestKit

/// One kind of payload, complete but for its holes.
struct Template {
    let bytes: [UInt8]
    let holes: [Hole]

    /// - Returns: the payload of one event.
    func filled(sequence: Int, words: Vocabulary, using random: inout SeededGenerator) -> [UInt8] {
        var bytes = self.bytes
        bytes.withUnsafeMutableBufferPointer { bytes in
            for hole in self.holes {
                let target = UnsafeMutableBufferPointer(rebasing: bytes[hole.range])
                let value = hole.isSequence ? UInt64(sequence) : random.next()
                switch hole.form {
                case .digits: Self.digits(value, into: target, isWhole: hole.isSequence)
                case .bigEndian: for index in target.indices { target[index] = UInt8(truncatingIfNeeded: value >> (8 * UInt64(target.count - 1 - index))) }
                // The highest bit stays clear, as in every snowflake.
                case .littleEndian: for index in target.indices { target[index] = UInt8(truncatingIfNeeded: (value >> 1) >> (8 * UInt64(index))) }
                case .words: words.fill(target, using: &random)
                }
            }
        }
        return bytes
    }

    /// A random value's first digit is 1, as of an id of these years, and its first seven stay the same, as of ids of one hour.
    private static func digits(_ value: UInt64, into target: UnsafeMutableBufferPointer<UInt8>, isWhole: Bool) {
        let fixed = isWhole ? 0 : max(0, target.count - 12)
        var rest = value
        for index in target.indices.reversed() where index >= fixed {
            target[index] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
    }
}
