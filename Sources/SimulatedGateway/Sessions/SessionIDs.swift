/// Session ids: 32 hexadecimal digits that follow from a seed and the session's number, and do not look alike.
enum SessionIDs {
    static func text(seed: UInt64, key: SessionKey) -> String {
        let number = UInt64(UInt32(bitPattern: key.rawValue))
        return self.hex(self.mix(seed &+ number &* 0x9E37_79B9_7F4A_7C15)) + self.hex(self.mix(~seed ^ (number << 32 | number)))
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    private static func hex(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
