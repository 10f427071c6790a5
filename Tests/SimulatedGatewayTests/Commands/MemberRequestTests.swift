import GatewayModel
import SimulatedGateway
import Testing

@Suite struct MemberRequestTests {
    private let guild = Gateway.guild(3)

    private func ask(
        _ gateway: inout Gateway, _ id: ConnectionID, _ selection: MemberRequest.Selection = .query("", limit: 0), presences: Bool = false, nonce: String? = nil
    ) -> [GatewayOutput] {
        gateway.send(.command(.members(MemberRequest(guild: self.guild, selection, presences: presences, nonce: nonce))), on: id)
    }

    @Test("a full list comes in chunks of 1000, each member once, with the nonce", arguments: [(1, [1]), (1000, [1000]), (2001, [1000, 1000, 1])])
    func fullList(members: Int, sizes: [Int]) {
        var gateway = Gateway { $0.membersPerGuild = members }
        let live = gateway.live(intents: Intents.guildMembers)
        let chunks = self.ask(&gateway, live.connection, nonce: "n").chunks
        #expect(chunks.map { $0.members.numbers.count } == sizes)
        #expect(chunks.flatMap(\.members.numbers) == Array(0..<members))
        #expect(chunks.map(\.index) == Array(0..<sizes.count))
        #expect(chunks.allSatisfy { $0.count == sizes.count && $0.nonce == "n" && !$0.presences && $0.notFound == [] })
        #expect(gateway.violations == [])
    }

    @Test("a second full list of a guild within 30 s is answered with RATE_LIMITED on any session of the bot, and is forgotten") func rateLimit() {
        var gateway = Gateway()
        let first = gateway.live(intents: Intents.guildMembers)
        let second = gateway.live(shard: 1, of: 2, intents: Intents.guildMembers)
        #expect(self.ask(&gateway, first.connection).chunks.count == 1)
        _ = gateway.after(.milliseconds(10_500))
        let refused = self.ask(&gateway, second.connection, nonce: "b")
        #expect(refused.rateLimits == [RateLimit(retryAfterMilliseconds: 19_500, nonce: "b")])
        #expect(refused.dispatches.map(\.type) == [.rateLimited])
        #expect(gateway.machine.commands.map(\.outcome) == [.done, .rateLimited])
        // Another guild, a search and ids are free of it.
        #expect(gateway.send(.command(.members(MemberRequest(guild: Gateway.guild(1), .query("", limit: 0)))), on: second.connection).chunks.count == 1)
        #expect(self.ask(&gateway, second.connection, .query("us", limit: 3)).chunks.count == 1)
        #expect(self.ask(&gateway, second.connection, .users([SimulatedUser.bot])).chunks.count == 1)
        // A refused request does not count: 30 s after the answered one.
        _ = gateway.after(.milliseconds(19_499))
        #expect(self.ask(&gateway, second.connection).rateLimits == [RateLimit(retryAfterMilliseconds: 1)])
        _ = gateway.after(.milliseconds(1))
        #expect(self.ask(&gateway, second.connection).chunks.count == 1)
    }

    @Test("a full list needs GUILD_MEMBERS: without it nothing comes, and it is a violation") func missingIntent() {
        var gateway = Gateway()
        let live = gateway.live()
        #expect(self.ask(&gateway, live.connection) == [])
        #expect(gateway.violations == [.missingIntent])
        #expect(self.ask(&gateway, live.connection, .query("", limit: 5)).chunks.map(\.members) == [.list([0, 1, 2, 3, 4])])
    }

    @Test("presences come only with their intent") func presences() {
        var gateway = Gateway()
        let without = gateway.live()
        #expect(self.ask(&gateway, without.connection, .query("m", limit: 1), presences: true).chunks.map(\.presences) == [false])
        let with = gateway.live(intents: Intents.guildPresences)
        #expect(self.ask(&gateway, with.connection, .query("m", limit: 1), presences: true).chunks.map(\.presences) == [true])
        #expect(self.ask(&gateway, with.connection, .query("m", limit: 1)).chunks.map(\.presences) == [false])
    }

    @Test(
        "a search goes by the beginning of the name, and finds at most 100",
        arguments: [
            ("USER2", 50, [2, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29] + Array(200...238)), ("muster", 0, [0]), ("user", 500, Array(1...100)), ("x", 5, []),
            ("", 2, [0, 1]),
        ] as [(String, Int, [Int])])
    func search(query: String, limit: Int, numbers: [Int]) {
        var gateway = Gateway { $0.membersPerGuild = 500 }
        let live = gateway.live()
        #expect(self.ask(&gateway, live.connection, .query(query, limit: limit)).chunks == [MembersChunk(members: .list(numbers))])
    }

    @Test("ids are looked up, 100 at most, and those of no member are named") func users() {
        var gateway = Gateway { $0.membersPerGuild = 200 }
        let live = gateway.live()
        let ids = [SimulatedUser.id(ofMember: 7), 12, SimulatedUser.bot, SimulatedUser.id(ofMember: 200), SimulatedUser.id(ofMember: 7)]
        #expect(
            self.ask(&gateway, live.connection, .users(ids)).chunks
                == [MembersChunk(members: .list([0, 7]), notFound: [12, SimulatedUser.id(ofMember: 200)])])
        let many = (1..<150).map { SimulatedUser.id(ofMember: $0) }
        #expect(self.ask(&gateway, live.connection, .users(many)).chunks.map { $0.members.numbers.count } == [100])
    }

    @Test("a nonce of 32 bytes is echoed, a longer one dropped", arguments: [(32, true), (33, false)]) func nonce(bytes: Int, isEchoed: Bool) {
        var gateway = Gateway()
        let live = gateway.live(intents: Intents.guildMembers)
        let nonce = String(repeating: "é", count: bytes / 2) + String(repeating: "x", count: bytes % 2)
        #expect(self.ask(&gateway, live.connection, nonce: nonce).chunks.map(\.nonce) == [isEchoed ? nonce : nil])
        #expect(self.ask(&gateway, live.connection, nonce: nonce).rateLimits.map(\.nonce) == [isEchoed ? nonce : nil])
    }

    @Test("chunks have sequence numbers and ledger lines, and a RESUME replays those that were missed, also from a saved state") func replay() throws {
        var gateway = Gateway { $0.membersPerGuild = 2500 }
        let live = gateway.live(intents: Intents.guildMembers)
        let sent = self.ask(&gateway, live.connection, nonce: "n")
        #expect(sent.dispatches.map(\.sequence) == [2, 3, 4])
        #expect(gateway.ledger.map(\.type) == [.guildMembersChunk, .guildMembersChunk, .guildMembersChunk])
        #expect(gateway.ledger.map(\.sequence) == [2, 3, 4])
        #expect(gateway.ledger.map(\.id) == sent.dispatches.map(\.event))
        gateway.machine = try GatewayMachine(restoring: gateway.machine.saved(), configuration: gateway.machine.configuration)
        let id = gateway.connect()
        let replayed = gateway.resume(id, live.session, from: 2)
        #expect(replayed.chunks == Array(sent.chunks.dropFirst()))
        #expect(replayed.dispatches.map(\.type) == [.guildMembersChunk, .guildMembersChunk, .resumed])
        // The 30 s go on as well.
        #expect(self.ask(&gateway, id).rateLimits.count == 1)
    }
}
