import GatewayClient
import GatewayModel
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// A gateway for any number of shards, a group against it, and what the group told.
struct GroupStage: Sendable {
    let server: ScriptedServer
    let group: ShardGroup
    let log: GroupLog

    /// What a connection does once its shard is live.
    typealias Live = @Sendable (inout Peer, Arrival) async throws -> Void

    /// Who came, and how.
    struct Arrival: Sendable {
        let shard: Int
        let isResume: Bool
        /// The `s` to go on with, after READY or RESUMED.
        var next: Int64
    }

    /// HELLO, then READY for IDENTIFY and RESUMED for RESUME. A session's id is `s` and the shard's number.
    static func script(before: @escaping Live = { _, _ in }, live: @escaping Live) -> ScriptedServer.Script {
        { peer, _ in
            try await peer.upgrade(with: [.text(Rig.hello)])
            while true {
                let text = try await peer.receiveText()
                if text.hasPrefix("{\"op\":2,") {
                    let shard = Int(text.split(separator: "\"shard\":[")[1].prefix { $0 != "," }) ?? -1
                    try await before(&peer, Arrival(shard: shard, isResume: false, next: 1))
                    let url = "ws://127.0.0.1:\(peer.channel.localAddress?.port ?? 0)/gateway"
                    let data = #"{"v":10,"session_id":"s\#(shard)","resume_gateway_url":"\#(url)","guilds":[]}"#
                    try await peer.send(Rig.dispatch(1, "READY", data: data))
                    return try await live(&peer, Arrival(shard: shard, isResume: false, next: 2))
                }
                if text.hasPrefix("{\"op\":6,") {
                    let shard = Int(text.split(separator: "\"session_id\":\"s")[1].prefix { $0 != "\"" }) ?? -1
                    let sequence = Int64(text.split(separator: "\"seq\":")[1].prefix { $0.isNumber }) ?? -1
                    try await before(&peer, Arrival(shard: shard, isResume: true, next: sequence + 1))
                    try await peer.send(Rig.resumed(sequence + 1))
                    return try await live(&peer, Arrival(shard: shard, isResume: true, next: sequence + 2))
                }
            }
        }
    }

    static func state(_ shard: Int, of numShards: Int, sequence: Int64? = nil, port: Int = 0) -> ShardState {
        ShardState(
            id: ShardID(shard), numShards: numShards,
            session: sequence.map { GatewaySession(sessionID: "s\(shard)", resumeGatewayURL: "ws://127.0.0.1:\(port)/gateway", sequence: $0) })
    }

    static func configuration(port: Int) -> ShardGroupConfiguration {
        ShardGroupConfiguration(
            shard: GatewayShardConfiguration(
                shard: ShardID(0), numShards: 1, token: Secret("token"), intents: 1, gatewayURL: "ws://127.0.0.1:\(port)/gateway", compression: .none),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    static func group(port: Int, shards: [ShardState], log: GroupLog) throws -> ShardGroup {
        try ShardGroup(
            Self.configuration(port: port), shards: shards, gate: OpenGate(),
            delivery: .inline(acceptance: .automatic, handler: { _ in log }, lifecycle: { log.note($0) }))
    }

    /// Runs a group of these shards against the script; `body` watches. Both end with it.
    static func run(
        _ script: @escaping ScriptedServer.Script, shards: @Sendable (_ port: Int) -> [ShardState], body: @Sendable (GroupStage) async throws -> Void
    ) async throws {
        let server = try await ScriptedServer.listen()
        let log = GroupLog()
        let group = try Self.group(port: server.port, shards: shards(server.port), log: log)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await server.run(script) }
            tasks.addTask { try? await group.run() }
            try await body(GroupStage(server: server, group: group, log: log))
            await group.shutdown(.resumable)
            tasks.cancelAll()
        }
    }
}

extension Peer {
    /// Reads to the end, and answers a close frame at once.
    mutating func rest() async {
        while let frame = try? await self.receive() {
            if let code = frame.closeCode { try? await self.send(.close(code)) }
        }
    }

    /// Reads to the end, whatever comes.
    mutating func ignore() async throws {
        while try await self.inbound.next(isolation: #isolation) != nil {}
    }
}

/// Lets everyone identify at once.
struct OpenGate: IdentifyGate {
    func acquire(shard: ShardID, numShards: Int) async throws -> PermitID { PermitID(rawValue: "\(shard)-\(UInt64.random(in: 0...UInt64.max))") }
    func commit(_ permit: PermitID) async throws -> Instant { BootClock.now + .seconds(2) }
    func settle(_ permit: PermitID, _ outcome: IdentifyOutcome) async {}
}

/// Keeps what a group tells, and lets a test wait for what it needs.
final class GroupLog: ShardHandler {
    enum Item: Hashable, Sendable {
        case lifecycle(LifecycleEvent)
        case dispatch(shard: Int, Int64, EventType)
    }

    private let state = Mutex<[Item]>([])
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() {
        (self.stream, self.continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    var items: [Item] { self.state.withLock { $0 } }
    var lifecycle: [LifecycleEvent] { self.items.compactMap { if case .lifecycle(let event) = $0 { event } else { nil } } }

    func sequences(of shard: Int) -> [Int64] {
        self.items.compactMap { if case .dispatch(shard, let sequence, _) = $0 { sequence } else { nil } }
    }

    func note(_ event: LifecycleEvent) { self.append(.lifecycle(event)) }

    func receive(_ dispatch: GatewayDispatch) -> Delivery {
        self.append(.dispatch(shard: dispatch.shard.rawValue, dispatch.sequence, dispatch.type))
        return .goOn
    }

    func receive(_ event: ShardEvent) {}

    private func append(_ item: Item) {
        self.state.withLock { $0.append(item) }
        self.continuation.yield()
    }

    /// One waiter at a time; the suite's time limit bounds it.
    func wait(until condition: ([Item]) -> Bool) async {
        if condition(self.items) { return }
        for await _ in self.stream where condition(self.items) { return }
    }

    func wait(for event: LifecycleEvent) async {
        await self.wait { $0.contains(.lifecycle(event)) }
    }
}
