import GatewayModel
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import GatewayClient

@Suite("Dialing a host with many addresses", .timeLimit(.minutes(1))) struct WebSocketDialerTests {
    /// Knows one host, of these addresses.
    private struct FixedResolver: Resolver, Sendable {
        let eventLoop: any EventLoop
        let addresses: [String]

        func initiateAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
            self.eventLoop.makeCompletedFuture { try self.addresses.map { try SocketAddress(ipAddress: $0, port: port) } }
        }

        func initiateAAAAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> { self.eventLoop.makeSucceededFuture([]) }

        func cancelQueries() {}
    }

    private final class Outcome: Sendable {
        let channels = Mutex<[any Channel]>([])
        let upgrades = Mutex(0)
        let error = Mutex<(any Error)?>(nil)
    }

    /// The server listens on 127.0.0.1 only.
    private func dial(_ addresses: [String]) async throws -> Outcome {
        let server = try await ScriptedServer.listen()
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let dialer = WebSocketDialer(
            eventLoop: eventLoop, trust: .system, maxMessageBytes: 1000, resolver: FixedResolver(eventLoop: eventLoop, addresses: addresses))
        let url = try #require(GatewayURL("ws://many.example:\(server.port)/", compression: .none))
        return await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await server.run { peer, _ in
                    try await peer.upgrade()
                    await peer.drain()
                }
            }
            defer { group.cancelAll() }
            let outcome = Outcome()
            let dial = dialer.dial(url) { channel in
                outcome.channels.withLock { $0.append(channel) }
            } upgraded: { _ in
                outcome.upgrades.withLock { $0 += 1 }
            }
            do { try await dial.get() } catch { outcome.error.withLock { $0 = error } }
            for channel in outcome.channels.withLock({ $0 }) { try? await channel.close().get() }
            return outcome
        }
    }

    @Test(
        "comes to the one that listens, whatever the others do",
        arguments: [["127.0.0.1"], ["127.0.0.2", "127.0.0.1"], ["127.0.0.2", "127.0.0.3", "127.0.0.1"]])
    func oneRefused(addresses: [String]) async throws {
        let outcome = try await self.dial(addresses)
        #expect(outcome.error.withLock { $0 } == nil)
        #expect(outcome.channels.withLock { $0.count } == addresses.count)
        #expect(outcome.upgrades.withLock { $0 } == 1)
    }

    @Test("fails where none listens, with the reason") func allRefused() async throws {
        let outcome = try await self.dial(["127.0.0.2", "127.0.0.3"])
        #expect(outcome.error.withLock { $0 } is NIOConnectionError)
        #expect(outcome.upgrades.withLock { $0 } == 0)
    }
}
