/// JSON text built from literals and numbers, without an encoder: thousands of events a second, also in a debug build.
struct JSONBytes {
    var bytes: [UInt8] = []

    init(reserving capacity: Int) {
        self.bytes.reserveCapacity(capacity)
    }

    /// A literal piece of JSON.
    mutating func raw(_ text: StaticString) {
        self.bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    mutating func raw(_ other: [UInt8]) {
        self.bytes.append(contentsOf: other)
    }

    mutating func number(_ value: Int64) {
        if value < 0 {
            self.bytes.append(UInt8(ascii: "-"))
        }
        self.number(value.magnitude)
    }

    mutating func number(_ value: UInt64) {
        var rest = value
        let start = self.bytes.count
        repeat {
            self.bytes.append(UInt8(truncatingIfNeeded: rest % 10) &+ 48)
            rest /= 10
        } while rest > 0
        var (low, high) = (start, self.bytes.count - 1)
        while low < high {
            self.bytes.swapAt(low, high)
            low += 1
            high -= 1
        }
    }

    mutating func bool(_ value: Bool) {
        if value { self.raw("true") } else { self.raw("false") }
    }

    /// A snowflake: a number in quotes.
    mutating func id(_ value: UInt64) {
        self.bytes.append(UInt8(ascii: "\""))
        self.number(value)
        self.bytes.append(UInt8(ascii: "\""))
    }

    /// A text in quotes, escaped.
    mutating func text(_ value: String) {
        self.bytes.append(UInt8(ascii: "\""))
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                self.bytes.append(UInt8(ascii: "\\"))
                self.bytes.append(byte)
            case 0..<0x20:
                self.raw("\\u00")
                self.bytes.append(Self.hex(byte >> 4))
                self.bytes.append(Self.hex(byte & 15))
            default:
                self.bytes.append(byte)
            }
        }
        self.bytes.append(UInt8(ascii: "\""))
    }

    private static func hex(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? 48 + nibble : 87 + nibble
    }
}
