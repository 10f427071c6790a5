/// Rewrites a rendered payload as Erlang's external term format, the way `term_to_binary` would have it.
///
/// The envelope is a map with atom keys, sorted (`d`, `op`, `s`, `t`: an event's name comes last), with `t` as an atom; the keys inside `d` are binaries, but
/// HELLO's are atoms. Lists of bytes become STRING_EXT. Source: Erlang's external term format; discord-api-docs #1264 for the order.
struct ETFWriter {
    private let json: [UInt8]
    private let style: ETFStyle
    private var offset = 0
    private var bytes: [UInt8] = []
    private var keysAreAtoms = false

    /// - Parameter json: a payload of `PayloadRenderer`, or a value of its own.
    static func payload(_ json: [UInt8], style: ETFStyle) -> [UInt8] {
        var writer = ETFWriter(json: json, style: style)
        return writer.payload()
    }

    private init(json: [UInt8], style: ETFStyle) {
        self.json = json
        self.style = style
        self.bytes.reserveCapacity(json.count + json.count / 4)
    }

    private mutating func payload() -> [UInt8] {
        var members: [(name: [UInt8], term: [UInt8])] = []
        self.expect("{")
        while !self.take("}") {
            _ = self.take(",")
            let name = self.text()
            self.expect(":")
            self.bytes = []
            if name == Self.type, self.json[self.offset] == UInt8(ascii: "\"") {
                self.atom(self.text())
            } else {
                self.keysAreAtoms = name == Self.data && members.contains { $0.name == Self.op && $0.term == Self.hello }
                self.value(name)
            }
            members.append((name, self.bytes))
        }
        self.bytes = [131, Tag.map]
        self.count(members.count)
        for member in members.sorted(by: { $0.name.lexicographicallyPrecedes($1.name) }) {
            self.atom(member.name)
            self.bytes += member.term
        }
        return self.bytes
    }

    private static let type = Array("t".utf8)
    private static let data = Array("d".utf8)
    private static let op = Array("op".utf8)
    private static let hello: [UInt8] = [Tag.smallInteger, 10]

    /// - Parameter key: the key that the value, or the list it is in, stands under.
    private mutating func value(_ key: [UInt8]) {
        switch self.json[self.offset] {
        case UInt8(ascii: "{"): self.map()
        case UInt8(ascii: "["): self.list(key)
        case UInt8(ascii: "\""):
            let text = self.text()
            if self.style.idsAreIntegers, Self.isID(key), let id = Self.integer(text) { self.integer(id) } else { self.binary(text) }
        case UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"): self.word()
        default: self.number()
        }
    }

    private mutating func map() {
        self.expect("{")
        self.bytes.append(Tag.map)
        let start = self.bytes.count
        self.count(0)
        var count = 0
        while !self.take("}") {
            _ = self.take(",")
            let name = self.text()
            self.expect(":")
            if self.keysAreAtoms { self.atom(name) } else { self.binary(name) }
            self.value(name)
            count += 1
        }
        self.patch(count, at: start)
    }

    private mutating func list(_ key: [UInt8]) {
        self.expect("[")
        let start = self.bytes.count
        self.bytes.append(Tag.list)
        self.count(0)
        var count = 0
        while !self.take("]") {
            _ = self.take(",")
            self.value(key)
            count += 1
        }
        guard count > 0 else {
            self.bytes.removeLast(5)
            self.bytes.append(Tag.nil)
            return
        }
        // Numbers below 256 only: each took its tag and one byte.
        let elements = self.bytes[(start + 5)...]
        if count < 65_536, elements.count == 2 * count,
            stride(from: elements.startIndex, to: elements.endIndex, by: 2).allSatisfy({ elements[$0] == Tag.smallInteger })
        {
            let text = stride(from: elements.startIndex + 1, to: elements.endIndex, by: 2).map { elements[$0] }
            self.bytes.removeSubrange(start...)
            self.bytes += [Tag.string, UInt8(count >> 8), UInt8(count & 0xFF)] + text
            return
        }
        self.patch(count, at: start + 1)
        self.bytes.append(Tag.nil)
    }

    private mutating func word() {
        if self.take("true") {
            self.atom(Array("true".utf8))
        } else if self.take("false") {
            self.atom(Array("false".utf8))
        } else {
            self.expect("null")
            self.atom(Array("nil".utf8))
        }
    }

    private mutating func number() {
        let start = self.offset
        while self.offset < self.json.count, ![UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]")].contains(self.json[self.offset]) { self.offset += 1 }
        let text = String(decoding: self.json[start..<self.offset], as: UTF8.self)
        if let integer = Int64(text) { return self.integer(integer) }
        guard let double = Double(text) else { preconditionFailure("no JSON number: \(text)") }
        self.bytes.append(Tag.newFloat)
        withUnsafeBytes(of: double.bitPattern.bigEndian) { self.bytes.append(contentsOf: $0) }
    }

    private mutating func integer(_ value: Int64) {
        if (0..<256).contains(value) {
            self.bytes += [Tag.smallInteger, UInt8(value)]
        } else if let small = Int32(exactly: value) {
            self.bytes.append(Tag.integer)
            withUnsafeBytes(of: small.bigEndian) { self.bytes.append(contentsOf: $0) }
        } else {
            var rest = value.magnitude
            var digits: [UInt8] = []
            while rest > 0 {
                digits.append(UInt8(truncatingIfNeeded: rest))
                rest >>= 8
            }
            self.bytes += [Tag.smallBig, UInt8(digits.count), value < 0 ? 1 : 0] + digits
        }
    }

    private mutating func atom(_ name: [UInt8]) {
        self.bytes += self.style.atomsAreOld ? [Tag.atom, 0, UInt8(name.count)] : [Tag.smallAtomUTF8, UInt8(name.count)]
        self.bytes += name
    }

    private mutating func binary(_ text: [UInt8]) {
        self.bytes.append(Tag.binary)
        self.count(text.count)
        self.bytes += text
    }

    private mutating func count(_ value: Int) {
        withUnsafeBytes(of: UInt32(value).bigEndian) { self.bytes.append(contentsOf: $0) }
    }

    private mutating func patch(_ value: Int, at index: Int) {
        withUnsafeBytes(of: UInt32(value).bigEndian) { bytes in
            for byte in 0..<4 { self.bytes[index + byte] = bytes[byte] }
        }
    }

    /// The UTF-8 of the text that begins here.
    private mutating func text() -> [UInt8] {
        self.expect("\"")
        var text: [UInt8] = []
        while true {
            let start = self.offset
            while self.json[self.offset] != UInt8(ascii: "\""), self.json[self.offset] != UInt8(ascii: "\\") { self.offset += 1 }
            text += self.json[start..<self.offset]
            if self.take("\"") { return text }
            // What `JSONBytes` escapes: quotes, backslashes, and the first 32 characters by number.
            self.expect("\\")
            if self.take("u00") {
                text.append(UInt8(String(decoding: self.json[self.offset..<self.offset + 2], as: UTF8.self), radix: 16)!)
                self.offset += 2
            } else {
                text.append(self.json[self.offset])
                self.offset += 1
            }
        }
    }

    private mutating func take(_ word: StaticString) -> Bool {
        let end = self.offset + word.utf8CodeUnitCount
        guard end <= self.json.count, self.json[self.offset..<end].elementsEqual(UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
        else {
            return false
        }
        self.offset = end
        return true
    }

    private mutating func expect(_ word: StaticString) {
        precondition(self.take(word), "payloads are rendered without spaces: \(word) is missing at \(self.offset)")
    }

    /// Whether texts of digits under this key are ids.
    private static func isID(_ key: [UInt8]) -> Bool {
        key == self.id || key.suffix(3) == self.suffix || key.suffix(4) == self.listSuffix || self.idLists.contains(key)
    }

    private static let id = Array("id".utf8)
    private static let suffix = ArraySlice("_id".utf8)
    private static let listSuffix = ArraySlice("_ids".utf8)
    private static let idLists = ["ids", "roles", "mention_roles", "not_found"].map { Array($0.utf8) }

    private static func integer(_ text: [UInt8]) -> Int64? {
        guard text.count <= 19, text.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int64(String(decoding: text, as: UTF8.self))
    }

    enum Tag {
        static let newFloat: UInt8 = 70
        static let smallInteger: UInt8 = 97
        static let integer: UInt8 = 98
        static let atom: UInt8 = 100
        static let `nil`: UInt8 = 106
        static let string: UInt8 = 107
        static let list: UInt8 = 108
        static let binary: UInt8 = 109
        static let smallBig: UInt8 = 110
        static let map: UInt8 = 116
        static let smallAtomUTF8: UInt8 = 119
    }
}
