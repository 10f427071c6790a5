@testable import GatewayWire
import NIOCore
import NIOEmbedded
import NIOWebSocket

/// Frames through the client's pipeline: what comes out does not depend on where the bytes are cut.
enum FuzzWebSocket {
    private static let maxMessageBytes = 2000

    static func run(_ bytes: UnsafeRawBufferPointer) {
        var choices = Choices(bytes)
        let cuts = choices.take(4)
        let stream = choices.rest()
        let whole = Self.receive([stream])
        let places = cuts.map { min(stream.count, Int($0)) }.sorted()
        let parts = Self.receive(zip([0] + places, places + [stream.count]).map { Array(stream[$0..<$1]) })
        check(whole == parts, "cut, it says \(parts), whole \(whole)")
        check(whole.count { if case .closed = $0 { true } else { false } } <= 1, "it closed twice")
        for case .message(let data, _) in whole { check(data.readableBytes <= Self.maxMessageBytes, "a message of \(data.readableBytes) bytes") }
    }

    private static func receive(_ parts: [[UInt8]]) -> [Recorder.Item] {
        let recorder = Recorder()
        let channel = EmbeddedChannel()
        defer { _ = try? channel.finish(acceptAlreadyClosed: true) }
        do {
            // As the upgrade adds them, without automatic error handling.
            try channel.pipeline.syncOperations.addHandler(WebSocketFrameEncoder())
            try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: Self.maxMessageBytes)))
            try channel.pipeline.syncOperations.addHandler(WebSocketConnection(owner: recorder, maxMessageBytes: Self.maxMessageBytes))
            try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
            for part in parts where channel.isActive { try channel.writeInbound(ByteBuffer(bytes: part)) }
        } catch {
            // What the pipeline says to nobody is not the owner's business.
        }
        while let frame = try? channel.readOutbound(as: ByteBuffer.self) { _ = frame }
        // After what is broken nothing is handed on but the end, whenever that comes.
        guard let end = recorder.items.firstIndex(of: .malformed) else { return recorder.items }
        check(recorder.items.count <= end + 2, "more than the end after what is broken: \(recorder.items)")
        return Array(recorder.items[...end])
    }

    private final class Recorder: WebSocketConnectionOwner {
        enum Item: Equatable {
            case message(ByteBuffer, isBinary: Bool)
            case malformed
            case closed(code: UInt16?)
        }

        var items: [Item] = []
        let isBusy = false

        func received(_ message: WebSocketMessage, from connection: WebSocketConnection) {
            self.items.append(.message(message.data, isBinary: message.isBinary))
        }

        func receivedMalformed(_ reason: String, from connection: WebSocketConnection) { self.items.append(.malformed) }
        func closed(code: UInt16?, reason: String, from connection: WebSocketConnection) { self.items.append(.closed(code: code)) }
    }
}
