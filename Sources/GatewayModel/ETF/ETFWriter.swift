/// Writes payloads in Erlang's external term format: keys are binaries, since Discord refuses atoms there.
struct ETFWriter {
    private(set) var output: [UInt8] = [ETFTag.version]

    mutating func append(_ value: PayloadValue) {
        switch value {
        case .null: self.append(atom: "nil")
        case .bool(let flag): self.append(atom: flag ? "true" : "false")
        case .integer(let number): self.append(number)
        case .string(let text): self.append(text)
        case .array(let values):
            if !values.isEmpty {
                self.append(ETFTag.list, count: values.count)
                for value in values { self.append(value) }
            }
            self.output.append(ETFTag.null)
        case .object(let fields):
            self.append(ETFTag.map, count: fields.count)
            for field in fields {
                self.append(field.key)
                self.append(field.value)
            }
        }
    }

    private mutating func append(_ tag: UInt8, count: Int) {
        self.output.append(tag)
        self.appendBigEndian(UInt32(count))
    }

    private mutating func append(atom name: StaticString) {
        self.output.append(ETFTag.smallAtomUTF8)
        self.output.append(UInt8(name.utf8CodeUnitCount))
        self.output.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    }

    private mutating func append(_ text: String) {
        self.append(ETFTag.binary, count: text.utf8.count)
        self.output.append(contentsOf: text.utf8)
    }

    private mutating func append(_ number: Int64) {
        if let small = UInt8(exactly: number) {
            self.output.append(contentsOf: [ETFTag.smallInteger, small])
        } else if let integer = Int32(exactly: number) {
            self.output.append(ETFTag.integer)
            self.appendBigEndian(UInt32(bitPattern: integer))
        } else {
            let magnitude = number.magnitude
            let count = 8 - magnitude.leadingZeroBitCount / 8
            self.output.append(contentsOf: [ETFTag.smallBig, UInt8(count), number < 0 ? 1 : 0])
            for byte in 0..<count { self.output.append(UInt8(truncatingIfNeeded: magnitude >> (8 * byte))) }
        }
    }

    private mutating func appendBigEndian(_ word: UInt32) {
        for shift in stride(from: 24, through: 0, by: -8) { self.output.append(UInt8(truncatingIfNeeded: word >> shift)) }
    }
}
