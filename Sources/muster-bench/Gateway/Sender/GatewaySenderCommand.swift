import ArgumentParser
import Foundation
import NIOCore
import NIOPosix
import NIOSSL

/// The peer of every case, in a process of its own. Ends when its standard input does.
struct GatewaySenderCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "gateway-sender", shouldDisplay: false)

    @Option(help: "TrafficPlan as JSON.") var plan: String
    @Option(help: "Directory with cert.pem and key.pem.") var certificate: String?

    func run() throws {
        Limits.raiseOpenFiles()
        let plan = try JSONDecoder().decode(TrafficPlan.self, from: Data(self.plan.utf8))
        let tls = try self.certificate.map { try BenchCertificate(directory: $0).serverContext() }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        // The URL is part of READY, which is built before there is a port; no client of a benchmark resumes.
        let blob = FrameBlob(plan, url: "\(plan.isTLS ? "wss" : "ws")://localhost:1/")
        let loop = group.next()
        // What is timed must start at once; what falls idle comes as it comes.
        let start = NIOLoopBoundBox.makeBoxSendingValue(StartLine(connections: plan.shape == .idle ? 1 : plan.connections), eventLoop: loop)
        let channel = try ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.writeBufferWaterMark, value: .init(low: SenderHandler.slice, high: 2 * SenderHandler.slice))
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
                    try channel.pipeline.syncOperations.addHandler(SenderHandler(blob: blob, startLine: start.value))
                }
            }
            .bind(host: "127.0.0.1", port: 0).wait()
        let ready = SenderReady(
            port: channel.localAddress?.port ?? 0, wireBytes: blob.bytes.writerIndex, warmUpWireBytes: blob.warmUpEnd, helloBytes: blob.helloEnd,
            payloadBytes: blob.payloadBytes, warmUpPayloadBytes: blob.warmUpPayloadBytes)
        FileHandle.standardOutput.write(try JSONEncoder().encode(ready) + Data("\n".utf8))
        while !FileHandle.standardInput.availableData.isEmpty {}
        try group.syncShutdownGracefully()
    }
}
