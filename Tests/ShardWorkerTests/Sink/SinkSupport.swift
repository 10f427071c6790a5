import ClusterModel
import Foundation
import GatewayClient
import GatewayModel
import Glibc
import Logging
import NIOCore
import Synchronization

@testable import ShardWorker

/// A directory that is removed with the value's `remove()`.
struct TemporaryDirectory {
    let path: String

    init() throws {
        self.path = FileManager.default.temporaryDirectory.appendingPathComponent("muster-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: self.path, withIntermediateDirectories: true)
    }

    func file(_ name: String) -> String { "\(self.path)/\(name)" }
    func remove() { try? FileManager.default.removeItem(atPath: self.path) }
}

func lines(of path: String) throws -> [String] {
    try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
}

func lease(_ shard: Int, epoch: Int64 = 1, generation: Int = 1) -> ShardLease {
    ShardLease(key: ShardKey(generation: Generation(rawValue: generation), shard: ShardID(shard)), epoch: AssignmentEpoch(rawValue: epoch))
}

let application = ApplicationID(rawValue: "app")

func dispatch(_ sequence: Int64, session: String = "s1", type: String = "MESSAGE_CREATE", data: String = "{}") -> GatewayDispatch {
    GatewayDispatch(
        shard: ShardID(3), numShards: 16, sequence: sequence, sessionID: session, type: EventType(rawValue: type), data: ByteBuffer(string: data))
}

let quiet = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

extension SinkWriter {
    convenience init(_ sink: any EventSink, limits: SinkLimits = SinkLimits(), authority: DialAuthority = .unlimited) {
        self.init(sink, limits: limits, authority: authority, logger: quiet)
    }
}

/// Hears what the writer says of one lane.
final class RecordingListener: SinkListener {
    struct Heard {
        var positions: [AcceptedPosition] = []
        var drained = 0
    }
    let heard = Mutex(Heard())

    func sinkAccepted(_ position: AcceptedPosition) { self.heard.withLock { $0.positions.append(position) } }
    func sinkDrained() { self.heard.withLock { $0.drained += 1 } }
}

/// Takes what the test lets it take.
final class GatedSink: EventSink {
    struct State {
        var isOpen = false
        var bytes: [UInt8] = []
        var isDurable = true
        var cutBacks = 0
    }
    let state = Mutex(State())

    var name: String { "gated" }
    var text: String { String(decoding: self.state.withLock { $0.bytes }, as: UTF8.self) }
    func open() { self.state.withLock { $0.isOpen = true } }

    func write(_ bytes: UnsafeRawBufferPointer) -> SinkWrite {
        self.state.withLock { state in
            guard state.isOpen else { return SinkWrite(written: 0, trouble: .diskFull) }
            state.bytes.append(contentsOf: bytes)
            return SinkWrite(written: bytes.count)
        }
    }

    func confirm() -> SinkTrouble? { self.state.withLock { $0.isDurable } ? nil : .failed(errno: 5) }

    func cutBack(_ count: Int) -> Bool {
        self.state.withLock { state in
            state.bytes.removeLast(count)
            state.cutBacks += 1
            return true
        }
    }

    func close() {}
}

/// Reads a pipe to its end on a thread of its own.
final class PipeReader: Sendable {
    private let bytes = Mutex<[UInt8]>([])
    private let end = OneShot()
    private let pause: Atomic<UInt32>

    /// - Parameter pauseMicroseconds: after each read of 4 KB, until `hurry()`.
    init(_ descriptor: Int32, pauseMicroseconds: UInt32 = 0) {
        self.pause = Atomic(pauseMicroseconds)
        Thread.detachNewThread {
            var block = [UInt8](repeating: 0, count: 4096)
            while case let count = read(descriptor, &block, block.count), count > 0 {
                self.bytes.withLock { $0.append(contentsOf: block[..<count]) }
                let pause = self.pause.load(ordering: .relaxed)
                if pause > 0 { usleep(pause) }
            }
            close(descriptor)
            self.end.fire()
        }
    }

    func hurry() { self.pause.store(0, ordering: .relaxed) }

    /// All of it, once the writers are gone.
    var all: [UInt8] {
        get async {
            await self.end.wait()
            return self.bytes.withLock { $0 }
        }
    }
}
