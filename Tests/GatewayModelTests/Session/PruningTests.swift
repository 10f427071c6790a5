import GatewayModel
import Testing

@Suite("A dispatch that nobody wants") struct PruningTests {
    @Test("counts for the sequence, is not delivered, and needs no acceptance where nothing else does") func counts() {
        var harness = MachineHarness.resumed()
        harness.handle(.accepted(sequence: 11, sessionID: "stored"))
        #expect(harness.handle(.pruned(sequence: 12)) == [])
        #expect(harness.machine.receivedSequence == 12)
        #expect(harness.machine.session?.sequence == 12)
    }

    @Test("behind a delivery that is not accepted yet is accepted together with it") func waits() {
        var harness = MachineHarness.resumed()
        harness.handle(.accepted(sequence: 11, sessionID: "stored"))
        #expect(harness.handle(.dispatch(sequence: 12)) == [.deliver])
        harness.handle(.pruned(sequence: 13))
        harness.handle(.pruned(sequence: 14))
        #expect(harness.machine.session?.sequence == 11)
        harness.handle(.accepted(sequence: 12, sessionID: "stored"))
        #expect(harness.machine.session?.sequence == 14)
    }

    @Test("between two deliveries is not accepted before the second") func between() {
        var harness = MachineHarness.resumed()
        harness.handle(.accepted(sequence: 11, sessionID: "stored"))
        harness.handle(.dispatch(sequence: 12))
        harness.handle(.pruned(sequence: 13))
        harness.handle(.dispatch(sequence: 14))
        harness.handle(.accepted(sequence: 12, sessionID: "stored"))
        #expect(harness.machine.session?.sequence == 12)
        harness.machine.deliveryAccepted()
        #expect(harness.machine.session?.sequence == 14)
    }

    @Test("jumps, comes again and comes after the end as any other does") func places() {
        var harness = MachineHarness.resumed()
        #expect(harness.handle(.pruned(sequence: 11)).contains { if case .report(.anomaly) = $0 { true } else { false } })
        #expect(harness.handle(.pruned(sequence: 13)).contains(.close(code: 4000)))
    }

    @Test("takes the hot path like any other") func hotPath() {
        var harness = MachineHarness.resumed()
        harness.handle(.accepted(sequence: 11, sessionID: "stored"))
        #expect(harness.machine.dispatchReceived(sequence: 12, isPruned: true, at: harness.now) == .deliver)
        #expect(harness.machine.session?.sequence == 12)
        #expect(harness.machine.dispatchReceived(sequence: 14, isPruned: true, at: harness.now) == .handle)
    }

    @Test("is known before its data is looked at, where Discord's order is kept; else it is scanned first") func scan() throws {
        func scan(_ text: String) throws -> GatewayEnvelope {
            try Array(text.utf8).withUnsafeBytes { try GatewayEnvelope(scanning: $0, wanted: [.messageCreate]) }
        }
        let early = try scan(#"{"t":"TYPING_START","s":7,"op":0,"d":{"not even JSON"#)
        #expect(early.isPruned && early.sequence == 7 && early.type == .typingStart && early.data == nil)
        let late = try scan(#"{"d":{"a":1},"t":"TYPING_START","s":7,"op":0}"#)
        #expect(late.isPruned && late.sequence == 7)
        #expect(throws: EnvelopeError.self) { try scan(#"{"d":{"a"},"t":"TYPING_START","s":7,"op":0}"#) }
        #expect(try !scan(#"{"t":"MESSAGE_CREATE","s":7,"op":0,"d":{}}"#).isPruned)
        #expect(try !scan(#"{"t":null,"s":null,"op":11}"#).isPruned)
    }
}

@Suite("The round trip of a heartbeat") struct RoundTripTests {
    @Test("is from the beat to its ACK; an op 1 that Discord asked for changes nothing") func measured() {
        var harness = MachineHarness.resumed()
        #expect(harness.machine.roundTrip == nil)
        harness.pass(MachineHarness.interval)
        harness.pass(.milliseconds(80))
        harness.handle(.heartbeatRequested)
        let beforeACK = harness.now
        harness.handle(.heartbeatAcknowledged)
        let first = harness.machine.roundTrip
        #expect(first.map { $0 >= .milliseconds(80) && $0 <= MachineHarness.interval + .milliseconds(80) } == true)
        #expect(harness.now == beforeACK)
        // The ACK of the answer to op 1.
        harness.pass(.milliseconds(10))
        harness.handle(.heartbeatAcknowledged)
        #expect(harness.machine.roundTrip == first)
    }

    @Test("is not known of a beat that went out while we were not reading") func paused() {
        var harness = MachineHarness.resumed()
        harness.handle(.readingPaused(true))
        harness.pass(MachineHarness.interval)
        harness.handle(.readingPaused(false))
        harness.handle(.heartbeatAcknowledged)
        #expect(harness.machine.roundTrip == nil)
    }
}
