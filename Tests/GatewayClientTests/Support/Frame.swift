/// One WebSocket frame as a server writes it: made by hand, so that it can be as odd as the RFC allows, or odder.
struct Frame: Hashable, Sendable {
    var opcode: UInt8
    var payload: [UInt8]
    var fin = true
    var reserved: UInt8 = 0

    static func text(_ text: String, fin: Bool = true) -> Frame { Frame(opcode: 1, payload: Array(text.utf8), fin: fin) }
    static func binary(_ bytes: [UInt8]) -> Frame { Frame(opcode: 2, payload: bytes) }
    static func continuation(_ text: String, fin: Bool) -> Frame { Frame(opcode: 0, payload: Array(text.utf8), fin: fin) }
    static func ping(_ text: String) -> Frame { Frame(opcode: 9, payload: Array(text.utf8)) }
    static func close(_ code: UInt16) -> Frame { Frame(opcode: 8, payload: [UInt8(code >> 8), UInt8(code & 0xFF)]) }

    var bytes: [UInt8] {
        var bytes = [(self.fin ? 0x80 : 0) | self.reserved | self.opcode]
        switch self.payload.count {
        case 0..<126: bytes.append(UInt8(self.payload.count))
        case 126..<65536: bytes += [126, UInt8(self.payload.count >> 8), UInt8(self.payload.count & 0xFF)]
        default: bytes += [127] + (0..<8).map { UInt8(truncatingIfNeeded: self.payload.count >> (56 - 8 * $0)) }
        }
        return bytes + self.payload
    }

    var closeCode: UInt16? {
        self.opcode == 8 && self.payload.count >= 2 ? UInt16(self.payload[0]) << 8 | UInt16(self.payload[1]) : nil
    }
}
