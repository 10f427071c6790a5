import ClusterTestKit
import NIOCore
import NIOPosix

/// A TCP connection that speaks no protocol at all.
enum RawConnection {
    static func garbage(seed: UInt64) -> [UInt8] {
        var random = SeededGenerator(seed: seed)
        return (0..<50_000).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    /// Writes the bytes and closes; the peer may close first.
    static func send(_ bytes: [UInt8], port: Int) async throws {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(host: "127.0.0.1", port: port).get()
        try? await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
        try? await channel.close().get()
    }
}
