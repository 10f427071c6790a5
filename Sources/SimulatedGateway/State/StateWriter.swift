/// Writes integers (little endian) and texts (length, UTF-8) one after the other.
struct StateWriter {
    private(set) var bytes: [UInt8] = []

    mutating func write(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { self.bytes.append(contentsOf: $0) }
    }

    mutating func write(_ text: String) {
        self.write(UInt32(text.utf8.count))
        self.bytes.append(contentsOf: text.utf8)
    }

    mutating func write(raw: UnsafeRawBufferPointer) {
        self.bytes.append(contentsOf: raw)
    }
}
