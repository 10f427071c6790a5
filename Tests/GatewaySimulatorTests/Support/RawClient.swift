import Foundation
import NIOCore
import NIOPosix

/// A WebSocket client of a few lines, which hides nothing: frames, bytes, and how TCP ends.
struct RawClient {
    struct Frame {
        var opcode: UInt8
        var bytes: [UInt8]

        /// Of a close frame.
        var closeCode: Int { Int(self.bytes[0]) << 8 | Int(self.bytes[1]) }
        var text: String { String(decoding: self.bytes, as: UTF8.self) }
    }

    struct Unexpected: Error {
        var what: String
    }

    private var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private var buffer = ByteBuffer()

    /// Connects and upgrades.
    ///
    /// - Parameter query: of `/gateway`.
    static func connect<Result>(
        port: Int, query: String = "v=10&encoding=json", _ body: (inout RawClient) async throws -> Result
    ) async throws -> Result {
        try await self.open(port: port) { client in
            let status = try await client.upgrade("/gateway?\(query)")
            guard status.hasPrefix("HTTP/1.1 101") else { throw Unexpected(what: status) }
            return try await body(&client)
        }
    }

    /// Connects, and nothing more.
    static func open<Result>(port: Int, _ body: (inout RawClient) async throws -> Result) async throws -> Result {
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup).connect(host: "127.0.0.1", port: port) { channel in
            channel.eventLoop.makeCompletedFuture { try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel) }
        }
        return try await channel.executeThenClose { inbound, outbound in
            var client = RawClient(inbound: inbound.makeAsyncIterator(), outbound: outbound)
            return try await body(&client)
        }
    }

    private init(inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator, outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>) {
        self.inbound = inbound
        self.outbound = outbound
    }

    /// The status line of the answer.
    mutating func upgrade(_ target: String) async throws -> String {
        try await self.write(
            "GET \(target) HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
        while true {
            if let end = Data(self.buffer.readableBytesView).range(of: Data("\r\n\r\n".utf8)) {
                let head = self.buffer.readString(length: end.upperBound)!
                return String(head.prefix { $0 != "\r\n" })
            }
            guard try await self.read() else { throw Unexpected(what: "ended within the answer") }
        }
    }

    /// The next frame; `nil`: FIN. Throws where TCP was reset.
    mutating func frame() async throws -> Frame? {
        while true {
            if let frame = self.parse() { return frame }
            guard try await self.read() else { return nil }
        }
    }

    /// The next text frame as JSON.
    mutating func message() async throws -> Message {
        guard let frame = try await self.frame() else { throw Unexpected(what: "FIN") }
        guard frame.opcode == 1 else { throw Unexpected(what: "opcode \(frame.opcode), \(frame.opcode == 8 ? "\(frame.closeCode)" : "")") }
        return try Message(frame.bytes)
    }

    /// The next message, which must be a dispatch of this type.
    mutating func dispatch(_ type: String) async throws -> Message {
        let message = try await self.message()
        guard message.type == type else { throw Unexpected(what: "\(message.op) \(message.type ?? "-") instead of \(type)") }
        return message
    }

    /// HELLO, IDENTIFY, READY.
    mutating func identify(shard: Int = 0, of numShards: Int = 1, intents: Int = 512) async throws -> Message {
        guard try await self.message().op == 10 else { throw Unexpected(what: "no HELLO") }
        try await self.send(
            "{\"op\":2,\"d\":{\"token\":\"t\",\"intents\":\(intents),\"properties\":{\"os\":\"x\"},\"shard\":[\(shard),\(numShards)]}}")
        return try await self.dispatch("READY")
    }

    /// HELLO, RESUME.
    mutating func resume(_ session: String, from sequence: Int) async throws {
        guard try await self.message().op == 10 else { throw Unexpected(what: "no HELLO") }
        try await self.send("{\"op\":6,\"d\":{\"token\":\"t\",\"session_id\":\"\(session)\",\"seq\":\(sequence)}}")
    }

    func send(_ text: String) async throws {
        try await self.send(opcode: 0x1, Array(text.utf8))
    }

    /// One frame, masked with zeros.
    func send(opcode: UInt8, _ bytes: [UInt8], isFinal: Bool = true) async throws {
        var frame = ByteBuffer()
        frame.writeInteger((isFinal ? 0x80 : 0) | opcode)
        if bytes.count < 126 {
            frame.writeInteger(0x80 | UInt8(bytes.count))
        } else {
            frame.writeInteger(UInt8(0x80 | 126))
            frame.writeInteger(UInt16(bytes.count))
        }
        frame.writeInteger(UInt32(0))
        frame.writeBytes(bytes)
        try await self.outbound.write(frame)
    }

    func close(code: UInt16) async throws {
        try await self.send(opcode: 0x8, [UInt8(code >> 8), UInt8(code & 0xFF)])
    }

    func write(_ text: String) async throws {
        try await self.outbound.write(ByteBuffer(string: text))
    }

    /// What came and was not asked for yet.
    var unreadBytes: Int { self.buffer.readableBytes }

    private mutating func read() async throws -> Bool {
        guard var bytes = try await self.inbound.next(isolation: #isolation) else { return false }
        self.buffer.writeBuffer(&bytes)
        return true
    }

    private mutating func parse() -> Frame? {
        var copy = self.buffer
        guard let first: UInt8 = copy.readInteger(), let second: UInt8 = copy.readInteger() else { return nil }
        let length: Int
        switch second {
        case 126:
            guard let value: UInt16 = copy.readInteger() else { return nil }
            length = Int(value)
        case 127:
            guard let value: UInt64 = copy.readInteger() else { return nil }
            length = Int(value)
        default: length = Int(second)
        }
        guard let bytes = copy.readBytes(length: length) else { return nil }
        self.buffer = copy
        return Frame(opcode: first & 0x0F, bytes: bytes)
    }
}
