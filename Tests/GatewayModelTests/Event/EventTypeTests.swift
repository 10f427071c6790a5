import GatewayModel
import Testing

@Suite("An event type") struct EventTypeTests {
    private func interned(_ name: String) -> EventType {
        Array(name.utf8).withUnsafeBytes { EventType(interning: $0) }
    }

    @Test("is found by the bytes of its name", arguments: EventType.all) func known(type: EventType) {
        #expect(self.interned(type.rawValue) == type)
        #expect(self.interned(type.rawValue).isKnown)
        #expect(self.interned(type.rawValue).rawValue == type.rawValue)
    }

    @Test("has the constant of its name") func constants() {
        #expect(EventType.messageCreate.rawValue == "MESSAGE_CREATE")
        #expect(EventType.ready.rawValue == "READY")
        #expect(EventType.messagePollVoteRemove.rawValue == "MESSAGE_POLL_VOTE_REMOVE")
        #expect("GUILD_CREATE" == EventType.guildCreate)
        #expect("\(EventType.typingStart)" == "TYPING_START")
    }

    @Test(
        "that nobody documents keeps its name",
        arguments: [
            "", "R", "READ", "READX", "MESSAGE_CREATF", "XESSAGE_CREATE", "MESSAGE_CREATES", "GUILD_JOIN_REQUEST_CREATE", "message_create", "ÄÖÜ", "A\0B",
        ])
    func unknown(name: String) {
        let type = self.interned(name)
        #expect(!type.isKnown)
        #expect(type.rawValue == name)
        #expect(type == EventType(rawValue: name))
        #expect(type != .ready)
        #expect(type.intents(in: .guild).isEmpty && !type.needsNoIntent && type.guildIDPath == nil)
    }

    @Test("with one byte changed is another") func everyByte() {
        for type in EventType.all {
            for place in type.rawValue.utf8.indices {
                var bytes = Array(type.rawValue.utf8)
                bytes[type.rawValue.utf8.distance(from: type.rawValue.startIndex, to: place)] ^= 0x20
                #expect(!bytes.withUnsafeBytes { EventType(interning: $0) }.isKnown)
            }
        }
    }

    @Test("is equal and hashed by its name, however it was made") func equality() {
        #expect(Set([EventType.ready, EventType(rawValue: "READY"), self.interned("READY")]).count == 1)
        #expect(Set([EventType(rawValue: "NEW"), self.interned("NEW"), EventType(rawValue: "NEWER")]).count == 2)
        #expect(EventType(rawValue: "NEW") != EventType(rawValue: "NEWER"))
    }
}
