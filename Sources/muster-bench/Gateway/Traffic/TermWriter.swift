import GatewayModel

/// Writes a term in one encoding and notes where its holes lie.
struct TermWriter {
    private let encoding: GatewayEncoding
    private var bytes: [UInt8] = []
    private var holes: [Hole] = []

    static func template(_ term: Term, encoding: GatewayEncoding) -> Template {
        var writer = TermWriter(encoding: encoding)
        switch encoding {
        case .json: writer.json(term)
        case .etf:
            writer.bytes.append(131)
            writer.etf(term)
        }
        return Template(bytes: writer.bytes, holes: writer.holes)
    }

    private init(encoding: GatewayEncoding) {
        self.encoding = encoding
    }

    private mutating func hole(_ form: Hole.Form, _ width: Int, isSequence: Bool = false) {
        let start = self.bytes.count
        self.bytes.append(contentsOf: repeatElement(UInt8(ascii: "1"), count: width))
        self.holes.append(Hole(form: form, isSequence: isSequence, range: start..<start + width))
    }

    // MARK: JSON

    private mutating func json(_ term: Term) {
        switch term {
        case .null: self.bytes += Array("null".utf8)
        case .bool(let value): self.bytes += Array("\(value)".utf8)
        case .integer(let value): self.bytes += Array("\(value)".utf8)
        // Nothing in this traffic needs an escape.
        case .string(let text), .name(let text): self.bytes += Array("\"\(text)\"".utf8)
        case .array(let terms): self.jsonList("[", "]", terms) { $0.json($1) }
        case .object(let fields):
            self.jsonList("{", "}", fields) {
                $0.bytes += Array("\"\($1.0)\":".utf8)
                $0.json($1.1)
            }
        case .hole(.sequence): self.hole(.digits, 10, isSequence: true)
        case .hole(let kind):
            self.bytes.append(UInt8(ascii: "\""))
            switch kind {
            case .sequence, .id: self.hole(.digits, 19)
            case .text(let count): self.hole(.words, count)
            case .microseconds: self.timestamp()
            }
            self.bytes.append(UInt8(ascii: "\""))
        }
    }

    private mutating func jsonList<Element>(_ open: String, _ close: String, _ elements: [Element], _ write: (inout TermWriter, Element) -> Void) {
        self.bytes += Array(open.utf8)
        for (index, element) in elements.enumerated() {
            if index > 0 { self.bytes.append(UInt8(ascii: ",")) }
            write(&self, element)
        }
        self.bytes += Array(close.utf8)
    }

    private mutating func timestamp() {
        self.bytes += Array("2026-11-22T17:25:08.".utf8)
        self.hole(.digits, 6)
        self.bytes += Array("+00:00".utf8)
    }

    // MARK: ETF

    private mutating func etf(_ term: Term) {
        switch term {
        case .null: self.atom("nil")
        case .bool(let value): self.atom("\(value)")
        case .integer(let value) where 0...255 ~= value: self.bytes += [97, UInt8(value)]
        case .integer(let value):
            self.bytes.append(98)
            self.bigEndian(UInt32(bitPattern: Int32(value)))
        case .string(let text):
            self.binaryHeader(text.utf8.count)
            self.bytes += Array(text.utf8)
        case .name(let text): self.atom(text)
        case .array(let terms):
            if !terms.isEmpty {
                self.bytes.append(108)
                self.bigEndian(UInt32(terms.count))
                for term in terms { self.etf(term) }
            }
            self.bytes.append(106)
        case .object(let fields):
            self.bytes.append(116)
            self.bigEndian(UInt32(fields.count))
            for (key, value) in fields {
                self.atom(key)
                self.etf(value)
            }
        case .hole(.sequence):
            self.bytes.append(98)
            self.hole(.bigEndian, 4, isSequence: true)
        case .hole(.id):
            self.bytes += [110, 8, 0]
            self.hole(.littleEndian, 8)
        case .hole(.text(let count)):
            self.binaryHeader(count)
            self.hole(.words, count)
        case .hole(.microseconds):
            self.binaryHeader(32)
            self.timestamp()
        }
    }

    private mutating func atom(_ name: String) {
        self.bytes += [119, UInt8(name.utf8.count)] + Array(name.utf8)
    }

    private mutating func binaryHeader(_ count: Int) {
        self.bytes.append(109)
        self.bigEndian(UInt32(count))
    }

    private mutating func bigEndian(_ value: UInt32) {
        self.bytes += [UInt8(value >> 24), UInt8(value >> 16 & 0xFF), UInt8(value >> 8 & 0xFF), UInt8(value & 0xFF)]
    }
}
