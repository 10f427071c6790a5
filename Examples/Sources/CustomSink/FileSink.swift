import Foundation
import GatewayClient
import NIOCore
import NIOPosix
import Synchronization

/// Writes events to a file as lines of JSON, and accepts them once fsync has returned: what was not accepted, Discord sends again after a RESUME.
final class FileSink: Sendable {
    /// What has come since the last write.
    private struct Batch {
        var lines = ByteBuffer()
        /// The last event of each shard.
        var last: [ShardIdentity: (sequence: Int64, sessionID: String)] = [:]
        var paused: Set<ShardIdentity> = []
        var flushed: Set<ShardIdentity> = []
    }

    /// Beyond this many bytes shards are not read.
    private static let limit = 4 << 20

    private let file: FileHandle
    private let batch = Mutex(Batch())
    private let news: AsyncStream<Void>
    private let toNews: AsyncStream<Void>.Continuation

    init(path: String) throws {
        guard FileManager.default.createFile(atPath: path, contents: nil), let file = FileHandle(forWritingAtPath: path) else {
            throw OperatorMistake(what: "cannot write \(path)", why: "it cannot be created", fix: "set EVENTS to a file that can")
        }
        self.file = file
        (self.news, self.toNews) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// - Returns: whether there is room for more.
    func append(_ dispatch: GatewayDispatch, from shard: ShardIdentity) -> Bool {
        let hasRoom = self.batch.withLock { batch in
            batch.lines.writeString(#"{"shard":\#(shard.id),"s":\#(dispatch.sequence),"t":"\#(dispatch.type)","d":"#)
            batch.lines.writeImmutableBuffer(dispatch.data)
            batch.lines.writeString("}\n")
            batch.last[shard] = (dispatch.sequence, dispatch.sessionID)
            guard batch.lines.readableBytes > Self.limit else { return true }
            batch.paused.insert(shard)
            return false
        }
        self.toNews.yield()
        return hasRoom
    }

    /// Answers with `flushed` as soon as everything before is safe.
    func flush(_ shard: ShardIdentity) {
        self.batch.withLock { _ = $0.flushed.insert(shard) }
        self.toNews.yield()
    }

    /// Writes until `finish`.
    func run(for group: ShardGroup) async throws {
        for await _ in self.news {
            let batch = self.batch.withLock { batch in
                defer { batch = Batch() }
                return batch
            }
            try await self.write(batch.lines)
            for (shard, last) in batch.last { group.accepted(shard, sequence: last.sequence, sessionID: last.sessionID) }
            for shard in batch.paused { group.resumeReading(shard) }
            for shard in batch.flushed { group.flushed(shard) }
        }
    }

    func finish() {
        self.toNews.finish()
    }

    /// Disks block, so this happens on a thread that may.
    private func write(_ lines: ByteBuffer) async throws {
        guard lines.readableBytes > 0 else { return }
        try await NIOThreadPool.singleton.runIfActive {
            try self.file.write(contentsOf: Data(lines.readableBytesView))
            try self.file.synchronize()
        }
    }
}
