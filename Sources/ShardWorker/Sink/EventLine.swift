import ClusterModel
import GatewayClient
import GatewayModel
import Glibc
import NIOCore

/// Writes the lines of one shard as bytes: one JSON object, one newline.
///
/// `data` is Discord's `d` as it came. Only a raw CR or LF in it, which JSON allows nowhere but between tokens, becomes a space, so that one event is one line.
struct EventLine: Sendable {
    /// `{"app":"…","gen":1,"shard":0,"epoch":7,`
    private let head: [UInt8]
    /// `"session":"…","seq":` of the present session.
    private var sessionHead: [UInt8] = []
    private var sessionID: String?

    init(application: ApplicationID, lease: ShardLease) {
        var head = [UInt8]()
        head.append(contentsOf: #"{"app":"#.utf8)
        head.appendJSON(string: application.rawValue)
        head.append(contentsOf: #","gen":"#.utf8)
        head.append(decimal: Int64(lease.key.generation.rawValue))
        head.append(contentsOf: #","shard":"#.utf8)
        head.append(decimal: Int64(lease.key.shard.rawValue))
        head.append(contentsOf: #","epoch":"#.utf8)
        head.append(decimal: lease.epoch.rawValue)
        head.append(UInt8(ascii: ","))
        self.head = head
    }

    mutating func append(_ dispatch: GatewayDispatch, to bytes: inout [UInt8]) {
        if self.sessionID != dispatch.sessionID {
            self.sessionID = dispatch.sessionID
            self.sessionHead.removeAll(keepingCapacity: true)
            self.sessionHead.append(contentsOf: #""session":"#.utf8)
            self.sessionHead.appendJSON(string: dispatch.sessionID)
            self.sessionHead.append(contentsOf: #","seq":"#.utf8)
        }
        bytes.append(contentsOf: self.head)
        bytes.append(contentsOf: self.sessionHead)
        bytes.append(decimal: dispatch.sequence)
        bytes.append(contentsOf: #","type":"#.utf8)
        bytes.appendJSON(string: dispatch.type.rawValue)
        bytes.append(contentsOf: #","data":"#.utf8)
        if dispatch.data.readableBytes == 0 {
            bytes.append(contentsOf: "null".utf8)
        } else {
            let start = bytes.count
            dispatch.data.withUnsafeReadableBytes { bytes.append(contentsOf: $0) }
            bytes.spaceOutNewlines(from: start)
        }
        bytes.append(UInt8(ascii: "}"))
        bytes.append(UInt8(ascii: "\n"))
    }

    func append(_ control: ControlLine, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: self.head)
        bytes.append(contentsOf: #""control":"#.utf8)
        bytes.appendJSON(string: control.name)
        for (name, value) in control.fields {
            bytes.append(UInt8(ascii: ","))
            bytes.appendJSON(string: name)
            bytes.append(UInt8(ascii: ":"))
            switch value {
            case .text(let text): bytes.appendJSON(string: text)
            case .number(let number): bytes.append(decimal: number)
            case .null: bytes.append(contentsOf: "null".utf8)
            }
        }
        bytes.append(UInt8(ascii: "}"))
        bytes.append(UInt8(ascii: "\n"))
    }
}

extension [UInt8] {
    /// A JSON string with its quotes. Control characters, the quote and the backslash are escaped, everything else is UTF-8.
    mutating func appendJSON(string: String) {
        self.append(UInt8(ascii: "\""))
        for byte in string.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                self.append(UInt8(ascii: "\\"))
                self.append(byte)
            case 0..<0x20:
                self.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "u"), UInt8(ascii: "0"), UInt8(ascii: "0"), Self.hex(byte >> 4), Self.hex(byte & 15)])
            default:
                self.append(byte)
            }
        }
        self.append(UInt8(ascii: "\""))
    }

    mutating func append(decimal number: Int64) {
        if number < 0 { self.append(UInt8(ascii: "-")) }
        let start = self.count
        var rest = number.magnitude
        repeat {
            self.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        self[start...].reverse()
    }

    fileprivate mutating func spaceOutNewlines(from start: Int) {
        self.withUnsafeMutableBytes { buffer in
            guard let base = buffer.baseAddress else { return }
            for newline in [UInt8(ascii: "\n"), UInt8(ascii: "\r")] {
                var position = start
                while position < buffer.count, let found = memchr(base + position, Int32(newline), buffer.count - position) {
                    found.storeBytes(of: UInt8(ascii: " "), as: UInt8.self)
                    position = found - base + 1
                }
            }
        }
    }

    private static func hex(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
    }
}
