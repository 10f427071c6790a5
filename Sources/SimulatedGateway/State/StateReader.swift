/// Reads what `StateWriter` wrote; throws where it ends early or says what cannot be.
struct StateReader {
    private let bytes: [UInt8]
    private(set) var offset = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func read<Value: FixedWidthInteger>(_: Value.Type = Value.self) throws(SavedStateError) -> Value {
        try self.require(MemoryLayout<Value>.size)
        var value = Value.zero
        withUnsafeMutableBytes(of: &value) { target in
            for index in target.indices { target[index] = self.bytes[self.offset + index] }
        }
        self.offset += MemoryLayout<Value>.size
        return Value(littleEndian: value)
    }

    /// A number of things that follow, each at least one byte.
    mutating func readCount() throws(SavedStateError) -> Int {
        let count = Int(try self.read(UInt32.self))
        try self.require(count)
        return count
    }

    mutating func readText() throws(SavedStateError) -> String {
        let count = try self.readCount()
        let text = String(decoding: self.bytes[self.offset..<self.offset + count], as: UTF8.self)
        self.offset += count
        return text
    }

    mutating func readValue<Value: RawRepresentable>(_: Value.Type) throws(SavedStateError) -> Value where Value.RawValue: FixedWidthInteger {
        guard let value = Value(rawValue: try self.read()) else { throw .damaged(at: self.offset) }
        return value
    }

    mutating func readRaw(_ count: Int, into target: UnsafeMutableRawBufferPointer) throws(SavedStateError) {
        try self.require(count)
        self.bytes.withUnsafeBytes { target.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[self.offset..<self.offset + count])) }
        self.offset += count
    }

    private func require(_ count: Int) throws(SavedStateError) {
        guard count >= 0, self.bytes.count - self.offset >= count else { throw .damaged(at: self.offset) }
    }
}
