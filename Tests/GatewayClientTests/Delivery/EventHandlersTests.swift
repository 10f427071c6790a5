import GatewayClient
import NIOCore
import Synchronization
import Testing

@Suite("Event handlers") struct EventHandlersTests {
    private static func dispatch(_ type: EventType) -> GatewayEvent {
        .dispatch(GatewayDispatch(shard: ShardID(0), numShards: 1, sequence: 1, sessionID: "s", type: type, data: ByteBuffer(string: "{}")))
    }

    private final class Calls: Sendable {
        private let names = Mutex<[String]>([])
        var all: [String] { self.names.withLock { $0 } }
        func note(_ name: String) { self.names.withLock { $0.append(name) } }
    }

    @Test("are chosen by type, in the order of their adding, with a fallback for the rest") func choice() async throws {
        let calls = Calls()
        var handlers = EventHandlers()
        handlers.on(.messageCreate) { _ in calls.note("first") }
        handlers.on(.messageCreate, .guildCreate) { calls.note("second \($0.type.rawValue)") }
        handlers.onLifecycle { _ in calls.note("lifecycle") }
        try await handlers.handle(Self.dispatch(.typingStart))
        #expect(calls.all.isEmpty, "without a fallback, nothing")
        handlers.otherwise { calls.note("other \($0.type.rawValue)") }
        for type in [EventType.messageCreate, .guildCreate, .typingStart, "A_NEW_ONE"] { try await handlers.handle(Self.dispatch(type)) }
        try await handlers.handle(.lifecycle(.groupEnded))
        #expect(calls.all == ["first", "second MESSAGE_CREATE", "second GUILD_CREATE", "other TYPING_START", "other A_NEW_ONE", "lifecycle"])
        #expect(handlers.types.contains(.guildCreate) && !handlers.types.contains(.typingStart))
    }

    @Test("an error goes to whoever consumes") func error() async {
        struct Oops: Error {}
        var handlers = EventHandlers()
        handlers.on(.messageCreate) { _ in throw Oops() }
        await #expect(throws: Oops.self) { try await handlers.handle(Self.dispatch(.messageCreate)) }
    }
}
