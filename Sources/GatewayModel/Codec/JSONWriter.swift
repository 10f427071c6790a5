/// Writes JSON text.
struct JSONWriter {
    var output: [UInt8] = []

    mutating func append(_ value: PayloadValue) {
        switch value {
        case .null: self.append(literal: "null")
        case .bool(let flag): self.append(literal: flag ? "true" : "false")
        case .integer(let number): self.output.append(contentsOf: String(number).utf8)
        case .string(let text): self.append(quoted: text)
        case .array(let values):
            self.output.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { self.output.append(UInt8(ascii: ",")) }
                self.append(value)
            }
            self.output.append(UInt8(ascii: "]"))
        case .object(let fields):
            self.output.append(UInt8(ascii: "{"))
            for (index, field) in fields.enumerated() {
                if index > 0 { self.output.append(UInt8(ascii: ",")) }
                self.append(quoted: field.key)
                self.output.append(UInt8(ascii: ":"))
                self.append(field.value)
            }
            self.output.append(UInt8(ascii: "}"))
        }
    }

    mutating func append(literal text: StaticString) {
        self.output.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    mutating func append(quoted text: String) {
        var text = text
        text.withUTF8 { self.append(quoted: UnsafeRawBufferPointer($0)) }
    }

    /// - Parameter utf8: well-formed.
    mutating func append(quoted utf8: UnsafeRawBufferPointer) {
        self.output.append(UInt8(ascii: "\""))
        var start = 0
        for index in 0..<utf8.count {
            let byte = utf8[index]
            guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
            self.output.append(contentsOf: utf8[start..<index])
            start = index + 1
            self.append(escaped: byte)
        }
        self.output.append(contentsOf: utf8[start...])
        self.output.append(UInt8(ascii: "\""))
    }

    private mutating func append(escaped byte: UInt8) {
        self.output.append(UInt8(ascii: "\\"))
        guard byte < 0x20 else { return self.output.append(byte) }
        self.append(literal: "u00")
        self.output.append(UInt8(ascii: "0") + byte >> 4)
        let low = byte & 0xF
        self.output.append(low < 10 ? UInt8(ascii: "0") + low : UInt8(ascii: "a") + low - 10)
    }
}
