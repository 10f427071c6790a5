import GatewayModel
import SimulatedGateway
import Testing

@Suite struct IdentifyTests {
    @Test("READY is s 1, then a GUILD_CREATE for each guild of the shard, contiguous") func ready() {
        var gateway = Gateway(guilds: 0..<8)
        let id = gateway.connect()
        let outputs = gateway.identify(id, shard: 1, of: 4, intents: Intents.guilds)
        #expect(outputs.dispatches.map(\.sequence) == [1, 2, 3])
        #expect(outputs.dispatches.map(\.type) == [.ready, .guildCreate, .guildCreate])
        #expect(gateway.machine.guilds(ofShard: 1, numShards: 4) == [Gateway.guild(1), Gateway.guild(5)])
    }

    @Test("without the GUILDS intent READY comes alone") func readyAlone() {
        var gateway = Gateway()
        let id = gateway.connect()
        #expect(gateway.identify(id, intents: Intents.guildMessages).dispatches.map(\.type) == [.ready])
    }

    @Test("the configured delay lies between IDENTIFY and READY, and events of that time are not due") func readyDelay() {
        var gateway = Gateway { $0.readyDelay = .milliseconds(300) }
        let id = gateway.connect()
        #expect(gateway.identify(id).isEmpty)
        gateway.publish(guild: 1)
        #expect(gateway.after(.milliseconds(299)).isEmpty)
        #expect(gateway.machine.deadline == Instant(nanoseconds: 300_000_000))
        #expect(gateway.after(.milliseconds(1)).dispatches.map(\.type) == [.ready])
        #expect(gateway.ledger.isEmpty)
    }

    @Test(
        "two IDENTIFYs of one key must arrive 5.000 s apart",
        arguments: [(4_999_999_999, false), (5_000_000_000, true), (5_000_000_001, true)])
    func spacing(nanoseconds: Int64, accepted: Bool) {
        var gateway = Gateway { $0.maxConcurrency = 2 }
        let first = gateway.connect()
        _ = gateway.identify(first, shard: 1, of: 8)
        _ = gateway.after(.nanoseconds(nanoseconds))
        let second = gateway.connect()
        let outputs = gateway.identify(second, shard: 3, of: 8)
        #expect(outputs.hasInvalidSession == !accepted)
        #expect(gateway.violations == (accepted ? [] : [.identifySpacing]))
        #expect(gateway.machine.identifyArrivals.map(\.accepted) == [true, accepted])
        #expect(gateway.machine.identifyArrivals.map(\.key) == [1, 1])
        #expect(gateway.machine.identifiesRemaining(at: gateway.now) == 998)
    }

    @Test("different keys do not wait for each other, whatever the shard set") func keys() {
        var gateway = Gateway { $0.maxConcurrency = 4 }
        for shard in 0..<4 {
            let id = gateway.connect()
            #expect(gateway.identify(id, shard: shard, of: 8).dispatches.first?.type == .ready)
        }
        let id = gateway.connect()
        #expect(gateway.identify(id, shard: 0, of: 16).hasInvalidSession)
    }

    @Test("a refused IDENTIFY starts the five seconds anew, and its connection may try again") func refusedRestarts() {
        var gateway = Gateway()
        _ = gateway.live()
        let id = gateway.connect()
        _ = gateway.after(.seconds(3))
        #expect(gateway.identify(id).hasInvalidSession)
        _ = gateway.after(.seconds(3))
        #expect(gateway.identify(id).hasInvalidSession)
        _ = gateway.after(.seconds(5))
        #expect(gateway.identify(id).dispatches.first?.type == .ready)
    }

    @Test(
        "what cannot be is closed with its code",
        arguments: [
            (Identify(token: "wrong", shard: 0, numShards: 1, intents: 0), 4004, Violation.Kind.authentication),
            (Identify(token: "right", shard: 4, numShards: 4, intents: 0), 4010, .badIdentify),
            (Identify(token: "right", shard: -1, numShards: 4, intents: 0), 4010, .badIdentify),
            (Identify(token: "right", shard: 0, numShards: 0, intents: 0), 4010, .badIdentify),
            (Identify(token: "right", shard: 0, numShards: 3, intents: 0), 4010, nil),
            (Identify(token: "right", shard: 0, numShards: 2, intents: 0), 4011, nil),
            (Identify(token: "right", shard: 0, numShards: 4, intents: 1 << 17), 4013, .badIdentify),
            (Identify(token: "right", shard: 0, numShards: 4, intents: Intents.guildPresences), 4014, nil),
        ] as [(Identify, UInt16, Violation.Kind?)])
    func refusals(identify: Identify, code: UInt16, violation: Violation.Kind?) {
        var gateway = Gateway(guilds: 0..<8) {
            $0.token = "right"
            $0.shardMultiple = 2
            $0.maxGuildsPerShard = 2
            $0.allowedIntents = Intents.all & ~Intents.privileged
        }
        let id = gateway.connect()
        #expect(gateway.send(.identify(identify), on: id).closes == [code])
        #expect(gateway.violations == (violation.map { [$0] } ?? []))
    }

    @Test("the last IDENTIFY of the day is served; one more ends everything and kills the token") func dailyLimit() {
        var gateway = Gateway { $0.identifyLimitTotal = 2 }
        let first = gateway.live(shard: 0, of: 2)
        let second = gateway.live(shard: 1, of: 2)
        #expect(gateway.machine.identifiesRemaining(at: gateway.now) == 0)
        gateway.end(second.connection)
        _ = gateway.after(.seconds(5))
        let third = gateway.connect()
        #expect(gateway.identify(third, shard: 1, of: 2).closes == [4004, 4004])
        #expect(gateway.violations == [.dailyLimit])
        #expect(gateway.machine.sessionStatuses.isEmpty)
        #expect(!gateway.machine.accepts(token: "token"))
        let later = gateway.connect()
        #expect(gateway.resume(later, first.session, from: 1).closes == [4004])
    }

    @Test("after 24 hours the count begins again") func window() {
        var gateway = Gateway { $0.identifyLimitTotal = 1 }
        _ = gateway.live()
        #expect(gateway.machine.identifyResetAfter(at: gateway.now) == .seconds(86_400))
        _ = gateway.after(.seconds(86_400))
        #expect(gateway.machine.identifiesRemaining(at: gateway.now) == 1)
        let id = gateway.connect()
        #expect(gateway.identify(id).dispatches.first?.type == .ready)
    }

    @Test("a second session of the same shard lives beside the first, and both get everything") func twoSessions() {
        var gateway = Gateway()
        let first = gateway.live()
        let second = gateway.live()
        #expect(gateway.publish(guild: 3).dispatches.map(\.connection) == [first.connection, second.connection])
        #expect(gateway.ledger.map(\.status) == [.due, .due])
    }

    @Test("any version but 9 and 10 closes with 4012", arguments: [nil, 6, 8, 11]) func version(_ version: Int?) {
        var gateway = Gateway()
        #expect(gateway.open(version: version).outputs.closes == [4012])
    }
}
