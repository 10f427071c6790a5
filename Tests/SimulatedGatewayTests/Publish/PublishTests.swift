import GatewayModel
import SimulatedGateway
import Testing

@Suite struct PublishTests {
    @Test("an event goes to the shard of its guild in each shard set, and without guild to shard 0") func routing() {
        var gateway = Gateway { $0.maxConcurrency = 16 }
        var connections: [ConnectionID: Int] = [:]
        for (shard, count) in [(0, 2), (1, 2), (0, 3), (1, 3), (2, 3)] {
            _ = gateway.after(.seconds(5))
            let id = gateway.connect()
            _ = gateway.identify(id, shard: shard, of: count, intents: Intents.guildMessages | Intents.directMessages)
            connections[id] = count * 10 + shard
        }
        for number in 0..<6 as Range<UInt64> {
            let guild = Gateway.guild(number)
            let reached = gateway.publish(guild: number).dispatches.map { connections[$0.connection]! }
            #expect(reached.sorted() == [20 + Int((guild >> 22) % 2), 30 + Int((guild >> 22) % 3)])
        }
        let direct = gateway.handle(.publish(EventDraft(type: .messageCreate, guild: 0))).dispatches.map { connections[$0.connection]! }
        #expect(direct.sorted() == [20, 30])
    }

    @Test("s is contiguous from 1 on every session") func contiguous() {
        var gateway = Gateway()
        let live = gateway.live(intents: Intents.guilds | Intents.guildMessages)
        var sequences = (1...9).map { Int64($0) }  // READY and eight guilds
        for guild in 0..<50 as Range<UInt64> { sequences += gateway.publish(guild: guild).dispatches.map(\.sequence) }
        #expect(sequences == (1...59).map { Int64($0) })
        #expect(gateway.machine.status(of: SessionKey(rawValue: 1))?.sessionID == live.session)
    }

    @Test(
        "intents decide who gets what",
        arguments: [
            (.messageCreate, true, Intents.guildMessages), (.messageCreate, false, Intents.directMessages), (.typingStart, true, Intents.guildMessageTyping),
            (.typingStart, false, Intents.directMessageTyping), (.presenceUpdate, true, Intents.guildPresences), (.guildMemberAdd, true, Intents.guildMembers),
            (.voiceStateUpdate, true, Intents.guildVoiceStates), (.guildDelete, true, Intents.guilds),
            (.messageReactionAdd, true, Intents.guildMessageReactions), (.messageReactionAdd, false, Intents.directMessageReactions),
        ] as [(SimulatedEventType, Bool, UInt64)])
    func intents(type: SimulatedEventType, inGuild: Bool, needed: UInt64) {
        for (intents, arrives) in [(needed, true), (Intents.all & ~needed, false)] {
            var gateway = Gateway(guilds: 0..<0)
            _ = gateway.live(intents: intents)
            let outputs = gateway.handle(.publish(EventDraft(type: type, guild: inGuild ? Gateway.guild(1) : 0)))
            #expect(outputs.isEmpty == !arrives)
            #expect(gateway.ledger.isEmpty == !arrives)
        }
    }

    @Test("an interaction needs no intent") func interaction() {
        var gateway = Gateway()
        _ = gateway.live(intents: 0)
        #expect(gateway.publish(guild: 1, type: .interactionCreate).dispatches.count == 1)
    }

    @Test("the ledger says due with session and s, attached or detached") func due() {
        var gateway = Gateway()
        gateway.publish(guild: 1)
        let live = gateway.live()
        gateway.publish(guild: 1)
        gateway.end(live.connection)
        gateway.publish(guild: 1)
        #expect(gateway.ledger.map(\.id) == [2, 3])
        #expect(gateway.ledger.map(\.cursor) == [1, 2])
        #expect(gateway.ledger.map(\.status) == [.due, .due])
        #expect(gateway.ledger.map(\.sequence) == [2, 3])
        #expect(gateway.ledger.compactMap(\.session).map { gateway.machine.sessionID(of: $0) } == [live.session, live.session])
        #expect(gateway.ledger.map(\.atMilliseconds) == [5000, 5000])
    }

    @Test("a shard whose session ended is unowned until it is READY again") func unowned() {
        var gateway = Gateway()
        _ = gateway.live()
        _ = gateway.handle(.inject(.invalidate(.all, resumable: false)))
        gateway.publish(guild: 1)
        _ = gateway.live()
        gateway.publish(guild: 1)
        #expect(gateway.ledger.map(\.status) == [.unowned, .due])
        #expect(gateway.ledger[0].session == nil && gateway.ledger[0].sequence == nil)
    }

    @Test("a retired shard is declared until a newer set has the event's shard ready") func declared() {
        var gateway = Gateway { $0.maxConcurrency = 16 }
        let old = gateway.live(shard: 0, of: 1)
        gateway.end(old.connection, code: 1000)
        gateway.publish(guild: 0)
        _ = gateway.live(shard: 0, of: 2)
        gateway.publish(guild: 0)
        gateway.publish(guild: 1)
        _ = gateway.live(shard: 1, of: 2)
        gateway.publish(guild: 1)
        #expect(gateway.ledger.map(\.status) == [.declared, .due, .declared, .due])
        #expect(gateway.ledger.map(\.numShards) == [1, 2, 1, 2])
    }

    @Test("while old and new set overlap, an event is due on both") func overlap() {
        var gateway = Gateway { $0.maxConcurrency = 16 }
        _ = gateway.live(shard: 0, of: 1)
        _ = gateway.live(shard: 0, of: 2)
        gateway.publish(guild: 0)
        #expect(gateway.ledger.map(\.numShards) == [2, 1])
        #expect(gateway.ledger.map(\.status) == [.due, .due])
    }

    @Test("a set that is retired and starts again owes nothing for shards that are not ready") func sameSetAgain() {
        var gateway = Gateway { $0.maxConcurrency = 16 }
        for shard in 0..<2 {
            let live = gateway.live(shard: shard, of: 2)
            gateway.end(live.connection, code: 1000)
        }
        _ = gateway.live(shard: 0, of: 2)
        gateway.publish(guild: 1)
        #expect(gateway.ledger.isEmpty)
    }

    @Test("an expired session's undelivered events stay due") func lost() {
        var gateway = Gateway()
        let live = gateway.live()
        gateway.end(live.connection)
        gateway.publish(guild: 1)
        _ = gateway.after(.seconds(90))
        gateway.publish(guild: 1)
        #expect(gateway.ledger.map(\.status) == [.due, .unowned])
    }

    @Test("the ledger drops its oldest lines at its limit and says so") func truncation() {
        var gateway = Gateway { $0.ledgerLimit = 16_384 }
        _ = gateway.live()
        for _ in 0..<16_385 { gateway.publish(guild: 1) }
        #expect(gateway.machine.ledger.truncatedBefore == 16_384)
        #expect(gateway.ledger.map(\.cursor) == [16_385])
        #expect(gateway.machine.ledger.lines(after: 0, limit: 10).count == 1)
    }
}
