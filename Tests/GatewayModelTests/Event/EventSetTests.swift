import GatewayModel
import Testing

@Suite("A set of event types") struct EventSetTests {
    private func contains(_ set: EventSet, _ name: String) -> Bool {
        Array(name.utf8).withUnsafeBytes { set.contains(interning: $0) }
    }

    @Test("has what was put in and nothing else, asked by type or by bytes") func members() {
        for type in EventType.all {
            let set: EventSet = [type]
            for other in EventType.all {
                #expect(set.contains(other) == (other == type))
                #expect(self.contains(set, other.rawValue) == (other == type))
            }
            #expect(!self.contains(set, "SOMETHING_NEW"))
        }
    }

    @Test("has undocumented types too") func unknown() {
        var set: EventSet = [.ready, "SOMETHING_NEW"]
        #expect(set.contains("SOMETHING_NEW") && self.contains(set, "SOMETHING_NEW"))
        #expect(!set.contains("SOMETHING_ELSE") && !self.contains(set, "SOMETHING_ELSE"))
        #expect(set.count == 2 && "\(set)" == "READY,SOMETHING_NEW")
        set.remove("SOMETHING_NEW")
        #expect(set == [.ready])
        set.remove(.ready)
        #expect(set.isEmpty)
    }

    @Test("counts a type once and lists in the documentation's order") func list() {
        let set = EventSet([EventType.messageCreate, .ready, .messageCreate]).union([.resumed, "B", "A"])
        #expect(set.types == [.ready, .resumed, .messageCreate, "A", "B"])
        #expect(EventSet.all.types == EventType.all)
    }
}
