import GatewayModel
import Testing

@Suite("The table of intents") struct IntentTableTests {
    @Test("has the data file's names and bits, both ways") func bits() throws {
        let reference = try ReferenceData.load()
        #expect(Intents.named.map(\.name) == reference.intents.map(\.name))
        #expect(Intents.named.map(\.intent.rawValue) == reference.intents.map(\.value))
        #expect(reference.intents.allSatisfy { $0.value == 1 << $0.bit })
        #expect(Intents.all.rawValue == reference.intentMasks.all)
        #expect(Intents.privileged.rawValue == reference.intentMasks.privileged)
        #expect(Intents.all.subtracting(.privileged).rawValue == reference.intentMasks.nonPrivileged)
        #expect(Intents.named.filter { Intents.privileged.contains($0.intent) }.map(\.name) == reference.intents.filter(\.privileged).map(\.name))
    }

    @Test("gives each intent the data file's events, in its half only") func events() throws {
        for row in try ReferenceData.load().intents {
            let intent = Intents(rawValue: row.value)
            let wanted = EventSet(row.events.map(EventType.init(rawValue:)))
            #expect(Intents.events(of: intent) == wanted, "\(row.name)")
            #expect(Intents.events(of: intent, in: .guild) == (row.scope == "guild" ? wanted : []), "\(row.name)")
            #expect(Intents.events(of: intent, in: .direct) == (row.scope == "dm" ? wanted : []), "\(row.name)")
        }
    }

    @Test("gives each event the data file's intents") func intents() throws {
        let named = Dictionary(uniqueKeysWithValues: Intents.named.map { ($0.name, $0.intent) })
        for (name, rows) in try ReferenceData.load().eventToIntents {
            let type = EventType(rawValue: name)
            for (half, scope) in [(EventHalf.guild, "guild"), (.direct, "dm")] {
                let wanted = rows.filter { $0.scope == scope }.reduce(into: Intents()) { $0.formUnion(named[$1.intent ?? ""] ?? []) }
                #expect(type.intents(in: half) == wanted, "\(name)")
            }
        }
    }

    @Test("knows what needs no intent") func needless() throws {
        let always = EventSet(try ReferenceData.load().alwaysDelivered.map(EventType.init(rawValue:)))
        #expect(EventSet(EventType.all.filter(\.needsNoIntent)) == always)
    }
}
