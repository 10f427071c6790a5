import ClusterTestKit
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import Testing

/// A server that does with each connection exactly what the test's script says, byte by byte.
struct ScriptedServer: Sendable {
    typealias Script = @Sendable (inout Peer, _ connection: Int) async throws -> Void

    /// Its connections are bare channels: one that comes while the server ends is then simply closed with it.
    private let channel: NIOAsyncChannel<any Channel, Never>
    /// Every frame that clients sent, by connection.
    let frames = FrameLog()

    final class FrameLog: Sendable {
        private let frames = Mutex<[Frame]>([])
        var all: [Frame] { self.frames.withLock { $0 } }
        var closeCodes: [UInt16] { self.all.compactMap(\.closeCode) }
        func note(_ frame: Frame) { self.frames.withLock { $0.append(frame) } }
    }

    var port: Int { self.channel.channel.localAddress?.port ?? 0 }

    static func listen(tls: NIOSSLContext? = nil) async throws -> ScriptedServer {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.autoRead, value: false)
            .bind(host: "127.0.0.1", port: 0) { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
                    return channel
                }
            }
        return ScriptedServer(channel: channel)
    }

    /// Until it is cancelled.
    func run(_ script: @escaping Script) async throws {
        try await self.channel.executeThenClose { clients in
            await withDiscardingTaskGroup { group in
                do {
                    var count = 0
                    for try await client in clients {
                        count += 1
                        let connection = count
                        group.addTask { await self.serve(client, connection, script) }
                    }
                } catch {
                    group.cancelAll()
                }
            }
        }
    }

    private func serve(_ channel: any Channel, _ connection: Int, _ script: Script) async {
        // The end of a connection in the middle of a script is part of many scripts.
        try? await self.serving(channel, connection, script)
    }

    private func serving(_ channel: any Channel, _ connection: Int, _ script: Script) async throws {
        let client = try await channel.eventLoop.submit {
            let client = try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
            try channel.syncOptions?.setOption(.autoRead, value: true)
            return client
        }.get()
        try await client.executeThenClose { inbound, outbound in
            var peer = Peer(channel: client.channel, inbound: inbound.makeAsyncIterator(), outbound: outbound, log: self.frames)
            try await script(&peer, connection)
        }
    }
}

/// One connection, seen from the server.
struct Peer {
    struct Ended: Error {}

    let channel: any Channel
    var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    let log: ScriptedServer.FrameLog
    var buffer: [UInt8] = []
    /// Request line and headers of the upgrade.
    var request = ""

    /// Answers the upgrade, with `frames` in the same write as the 101.
    mutating func upgrade(with frames: [Frame] = []) async throws {
        while true {
            if let end = self.buffer.firstRange(of: Array("\r\n\r\n".utf8)) {
                self.request = String(decoding: self.buffer[..<end.upperBound], as: UTF8.self)
                self.buffer.removeFirst(end.upperBound)
                break
            }
            try await self.readMore()
        }
        let lines = self.request.split(separator: "\r\n")
        let key = lines.first { $0.lowercased().hasPrefix("sec-websocket-key:") }?.split(separator: ":")[1] ?? ""
        let accept = SHA1.webSocketAccept(key: key.filter { $0 != " " })
        let answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: \(accept)\r\n\r\n"
        try await self.write(Array(answer.utf8) + frames.flatMap(\.bytes))
    }

    func write(_ bytes: [UInt8]) async throws {
        try await self.outbound.write(ByteBuffer(bytes: bytes))
    }

    func send(_ frames: Frame...) async throws {
        for frame in frames { try await self.write(frame.bytes) }
    }

    func send(_ text: String) async throws {
        try await self.send(.text(text))
    }

    /// The next frame; throws `Ended` at the end of the stream.
    @discardableResult
    mutating func receive() async throws -> Frame {
        while true {
            if let frame = self.parse() {
                self.log.note(frame)
                return frame
            }
            try await self.readMore()
        }
    }

    /// The next text frame's text, passing over others.
    mutating func receiveText() async throws -> String {
        while true {
            let frame = try await self.receive()
            if frame.opcode == 1 { return String(decoding: frame.payload, as: UTF8.self) }
        }
    }

    /// The next text with this `op`, passing over heartbeats and the like.
    @discardableResult
    mutating func receive(op: Int) async throws -> String {
        while true {
            let text = try await self.receiveText()
            if text.hasPrefix("{\"op\":\(op),") { return text }
        }
    }

    /// Reads everything up to the end of the connection.
    mutating func drain() async {
        while (try? await self.receive()) != nil {}
    }

    /// Ends TCP by a reset instead of a FIN.
    func reset() async throws {
        try await (self.channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        try await self.channel.close().get()
    }

    private mutating func readMore() async throws {
        guard let more = try await self.inbound.next(isolation: #isolation) else { throw Ended() }
        self.buffer += more.readableBytesView
    }

    private mutating func parse() -> Frame? {
        guard self.buffer.count >= 2 else { return nil }
        var index = 2
        var length = Int(self.buffer[1] & 0x7F)
        let extra = length == 126 ? 2 : length == 127 ? 8 : 0
        guard self.buffer.count >= index + extra + 4 else { return nil }
        if extra > 0 { length = self.buffer[2..<2 + extra].reduce(0) { $0 << 8 | Int($1) } }
        index += extra
        #expect(self.buffer[1] & 0x80 != 0, "a client's frame must be masked")
        let mask = Array(self.buffer[index..<index + 4])
        index += 4
        guard self.buffer.count >= index + length else { return nil }
        let payload = (0..<length).map { self.buffer[index + $0] ^ mask[$0 % 4] }
        let frame = Frame(opcode: self.buffer[0] & 0x0F, payload: payload, fin: self.buffer[0] & 0x80 != 0)
        self.buffer.removeFirst(index + length)
        return frame
    }
}
