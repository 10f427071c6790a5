import GatewayModel
import Testing

@Suite("A shard's commands") struct CommandQueueTests {
    // MARK: Live

    @Test("go out at once where the shard is live") func atOnce() {
        var harness = QueueHarness.live()
        let id = harness.enqueue()
        #expect(harness.written == [id])
        #expect(harness.results == [id: .sent])
        #expect(harness.queue.deadline == nil)
    }

    @Test("D23: wait for READY, and go out in order") func waitForReady() {
        var harness = QueueHarness()
        harness.enqueue()
        harness.open()
        harness.enqueue()
        harness.perform(harness.queue.identifySent(at: harness.now))
        harness.enqueue()
        #expect(harness.written == [])
        harness.perform(harness.queue.becameLive(at: harness.now))
        #expect(harness.written == [1, 2, 3])
        #expect(harness.results == [1: .sent, 2: .sent, 3: .sent])
    }

    @Test("survive disconnects, resumes and new sessions until their deadline") func survive() {
        var harness = QueueHarness.live()
        harness.queue.connectionEnded(at: harness.now)
        harness.enqueue(within: .seconds(5))
        harness.enqueue(within: .seconds(60))
        harness.enqueue(within: .seconds(90))
        harness.pass(.seconds(4))
        harness.open()
        harness.queue.connectionEnded(at: harness.now)
        harness.pass(.seconds(1))
        #expect(harness.results == [1: .failed(.notConnected)])
        harness.open()
        harness.resume()
        #expect(harness.written == [2, 3])
        #expect(harness.results == [1: .failed(.notConnected), 2: .sent, 3: .sent])
    }

    @Test("G9: fail as not connected when the shard is not live by the deadline") func notConnected() {
        var harness = QueueHarness()
        harness.enqueue(within: .seconds(10))
        #expect(harness.queue.deadline == harness.now + .seconds(10))
        harness.pass(.milliseconds(9_999))
        #expect(harness.results == [:])
        harness.pass(.milliseconds(1))
        #expect(harness.results == [1: .failed(.notConnected)])
        harness.enqueue(within: .zero)
        #expect(harness.results[2] == .failed(.notConnected))
    }

    @Test("with a deadline that is past go out now or never") func nowOrNever() {
        var harness = QueueHarness.live()
        harness.enqueue(within: .zero)
        harness.enqueue(within: .seconds(-1))
        #expect(harness.written == [1, 2])
        harness.isBlocked = true
        harness.enqueue(within: .zero)
        #expect(harness.results[3] == .failed(.notConnected))
    }

    @Test("all fail when the shard ends, and so does whatever comes later") func end() {
        var harness = QueueHarness()
        harness.enqueue()
        harness.enqueue(.presence("a"))
        harness.end()
        harness.enqueue()
        #expect(harness.results == [1: .failed(.notConnected), 2: .failed(.notConnected), 3: .failed(.notConnected)])
        #expect(harness.queue.deadline == nil)
        #expect(harness.queue.count == 0)
    }

    @Test("can be taken back while they wait") func cancel() {
        var harness = QueueHarness()
        harness.enqueue()
        harness.enqueue()
        harness.cancel(1)
        harness.cancel(1)
        harness.cancel(99)
        #expect(harness.results == [1: .failed(.cancelled)])
        harness.open()
        harness.identify()
        #expect(harness.written == [2])
        harness.cancel(2)
        #expect(harness.results[2] == .sent)
        #expect(harness.surplus == [])
    }

    @Test("that a connection does not take are the next to go, soon") func writeFailed() {
        var harness = QueueHarness.live()
        harness.isBlocked = true
        harness.enqueue()
        harness.enqueue(.voice(2))
        harness.enqueue(.presence("a"))
        #expect(harness.written == [])
        #expect(harness.queue.deadline == harness.now + .milliseconds(100))
        harness.pass(.milliseconds(350))
        harness.isBlocked = false
        harness.pass(.milliseconds(50))
        #expect(harness.written == [1, 2, 3])
        #expect(harness.surplus == [])
    }

    @Test("that a connection takes none of fail as not connected at their deadline") func blocked() {
        var harness = QueueHarness.live()
        harness.isBlocked = true
        harness.enqueue(within: .seconds(1))
        harness.pass(.seconds(1))
        #expect(harness.results == [1: .failed(.notConnected)])
    }

    // MARK: Bounds

    @Test(
        "defect 22, D23: of more than 4096 bytes are refused, and presences of more than IDENTIFY has room for",
        arguments: [
            (.voice(1), 4096, nil), (.voice(1), 4097, .tooLarge(bytes: 4097, limit: 4096)), (.presence("a"), 2048, nil),
            (.presence("a"), 2049, .tooLarge(bytes: 2049, limit: 2048)),
        ] as [(GatewayCommand, Int, CommandError?)])
    func tooLarge(command: GatewayCommand, bytes: Int, error: CommandError?) {
        var harness = QueueHarness.live()
        harness.enqueue(command, bytes: bytes)
        #expect(harness.results == [1: error.map { .failed($0) } ?? .sent])
    }

    @Test("wait up to a number, and one more is refused") func queueFull() {
        var harness = QueueHarness()
        for _ in 0..<100 { harness.enqueue() }
        #expect(harness.queue.count == 100)
        harness.enqueue()
        #expect(harness.results == [101: .failed(.queueFull(limit: 100))])
        harness.cancel(50)
        harness.enqueue(.presence("a"))
        harness.enqueue(.presence("b"))
        #expect(harness.results[103] == nil, "it takes the place of the presence that waits")
        #expect(harness.results[102] == .superseded)
        harness.enqueue()
        #expect(harness.results[104] == .failed(.queueFull(limit: 100)))
    }

    // MARK: Limits

    @Test(
        "G15: leave room for the heartbeats of a minute twice, and for one payload more",
        arguments: [
            (41_250, 0, 115), (41_250, 3, 115), (41_250, 4, 114), (41_250, 10, 108), (60_000, 0, 117), (30_000, 0, 115), (15_000, 0, 111), (2_000, 0, 59),
            (1_000, 0, 10), (50, 5_000, 10),
        ] as [(Int, Int, Int)])
    func allowance(interval: Int, others: Int, commands: Int) {
        #expect(CommandLimits.commands(beats: CommandLimits.beats(interval: .milliseconds(interval)), others: others) == commands)
    }

    @Test("defects 22, 30: a burst stops at 115, and the rest follows when the window allows, never two bursts around a boundary") func burst() {
        var harness = QueueHarness.live(limits: CommandLimits(maxQueued: 300))
        let start = harness.now
        harness.pass(.seconds(59))
        for _ in 0..<115 { harness.enqueue(within: .seconds(3600)) }
        #expect(harness.written.count == 115)
        for _ in 0..<185 { harness.enqueue(within: .seconds(3600)) }
        harness.pass(.seconds(60))
        #expect(harness.written.count == 115)
        harness.pass(.seconds(1))
        #expect(harness.written.count == 230)
        harness.pass(.seconds(61))
        #expect(harness.written == Array(1...300))
        #expect(Set(harness.times) == [start + .seconds(59), start + .seconds(120), start + .seconds(181)])
    }

    @Test("that the limits let out only after their deadline fail at once, and say when they would go") func rateLimited() {
        var harness = QueueHarness.live(limits: CommandLimits(maxQueued: 300))
        for _ in 0..<100 { harness.enqueue() }
        harness.pass(.seconds(11))
        for _ in 0..<15 { harness.enqueue() }
        harness.enqueue(within: .seconds(50))
        #expect(harness.results[116] == .failed(.rateLimited(retryAfter: .seconds(50))))
        harness.enqueue(within: .milliseconds(50_001))
        #expect(harness.results[117] == nil)
        // 99 more fit into the slots that the first 100 leave; the next goes with the 15 that came 11 s later.
        for _ in 0..<99 { harness.enqueue(within: .seconds(51)) }
        harness.enqueue(within: .seconds(51))
        #expect(harness.results[217] == .failed(.rateLimited(retryAfter: .seconds(61))))
        for _ in 0..<15 { harness.enqueue(within: .seconds(62)) }
        // Beyond those, it waits for what waits itself.
        harness.enqueue(within: .seconds(62))
        #expect(harness.results[233] == .failed(.rateLimited(retryAfter: .seconds(111))))
        harness.pass(.seconds(62))
        #expect(harness.written.count == 115 + 1 + 99 + 15)
        #expect(harness.results.values.count { $0 != .sent } == 3)
        #expect(harness.surplus == [])
    }

    @Test("whose deadline passed unseen are not sent late") func late() {
        var harness = QueueHarness.live()
        for _ in 0..<115 { harness.enqueue() }
        harness.enqueue(within: .seconds(62))
        // Time stood still for the shell, as under a debugger; heartbeats took the allowance meanwhile.
        harness.now = harness.now + .seconds(30)
        for _ in 0..<115 { harness.queue.noteSent(at: harness.now) }
        harness.now = harness.now + .seconds(32)
        harness.perform(harness.queue.timePassed(to: harness.now))
        #expect(harness.results[116] == .failed(.rateLimited(retryAfter: .zero)))
    }

    @Test("of a new connection have a fresh allowance") func freshAllowance() {
        var harness = QueueHarness.live(limits: CommandLimits(maxQueued: 300))
        for _ in 0..<200 { harness.enqueue() }
        #expect(harness.written.count == 115)
        harness.queue.connectionEnded(at: harness.now)
        harness.pass(.seconds(1))
        for _ in 0..<85 { harness.enqueue(within: .seconds(30)) }
        harness.open()
        #expect(harness.written.count == 115)
        harness.resume()
        #expect(harness.written.count == 200)
    }

    @Test("give way to heartbeats that Discord asks for, and make use of the room when those are over") func heartbeats() {
        var harness = QueueHarness.live()
        for _ in 0..<49 { harness.queue.noteSent(at: harness.now) }
        for _ in 0..<80 { harness.enqueue(within: .seconds(100)) }
        // 120 less 50 that went out, and 2 that are due.
        #expect(harness.written.count == 68)
        harness.pass(.milliseconds(60_999))
        #expect(harness.written.count == 68)
        harness.pass(.milliseconds(1))
        #expect(harness.written.count == 80)
    }

    // MARK: Presence

    @Test("of presence go out 5 times in 20 s; another does not hold up what comes behind it") func presenceLimit() {
        var harness = QueueHarness.live()
        for name in 1...5 { harness.enqueue(.presence("\(name)")) }
        #expect(harness.written.count == 5)
        harness.enqueue(.presence("6"), within: .seconds(30))
        harness.enqueue(.voice(1))
        #expect(harness.written == [1, 2, 3, 4, 5, 7])
        harness.enqueue(.presence("8"), within: .seconds(21))
        #expect(harness.results[8] == .failed(.rateLimited(retryAfter: .seconds(21))))
        #expect(harness.results[6] == nil, "the one that fails replaces none")
        harness.pass(.seconds(21))
        #expect(harness.written == [1, 2, 3, 4, 5, 7, 6])
        #expect(harness.queue.presence == Presence(activities: [.playing("6")]))
    }

    @Test("of presence coalesce: only the latest goes out, and the others are done by it") func coalesce() {
        var harness = QueueHarness()
        harness.enqueue(.presence("a"))
        harness.enqueue(.voice(1))
        harness.enqueue(.presence("b"))
        harness.enqueue(.presence("c"))
        harness.open()
        harness.resume()
        #expect(harness.written == [4, 2])
        #expect(harness.results == [1: .superseded, 2: .sent, 3: .superseded, 4: .sent])
    }

    @Test("of presence that a connection did not take are superseded by a later one") func coalesceUnwritten() {
        var harness = QueueHarness.live()
        harness.isBlocked = true
        harness.enqueue(.presence("a"))
        harness.enqueue(.presence("b"))
        harness.isBlocked = false
        harness.pass(.seconds(1))
        #expect(harness.written == [2])
        #expect(harness.results == [1: .superseded, 2: .sent])
    }

    @Test("of presence keep their limit over a reconnect") func presenceLimitOverReconnect() {
        var harness = QueueHarness.live()
        for name in 1...5 { harness.enqueue(.presence("\(name)")) }
        harness.queue.connectionEnded(at: harness.now)
        harness.open()
        harness.resume()
        harness.enqueue(.presence("6"), within: .seconds(30))
        #expect(harness.written.count == 5)
        harness.pass(.seconds(21))
        #expect(harness.written.count == 6)
    }

    @Test("of presence count for a raw op 3 too") func rawPresence() {
        var harness = QueueHarness.live()
        for _ in 1...5 { harness.enqueue(.raw(op: 3, data: nil)) }
        harness.enqueue(.raw(op: 3, data: nil), within: .seconds(20))
        #expect(harness.results[6] == .failed(.rateLimited(retryAfter: .seconds(21))))
        #expect(harness.queue.presence == nil)
    }

    @Test("IDENTIFY takes along the presence that was sent or that waits") func retained() {
        let first = Presence(status: .idle)
        var harness = QueueHarness(presence: first)
        #expect(harness.queue.presence == first)
        harness.enqueue(.presence("a"), within: .seconds(1))
        #expect(harness.queue.presence == Presence(activities: [.playing("a")]))
        harness.pass(.seconds(1))
        #expect(harness.results[1] == .failed(.notConnected))
        #expect(harness.queue.presence == first, "what failed is not done later")
        harness.enqueue(.presence("b"))
        harness.enqueue(.voice(1))
        harness.open()
        harness.perform(harness.queue.identifySent(at: harness.now))
        #expect(harness.results[2] == .sent, "IDENTIFY took it along")
        #expect(harness.queue.presence == Presence(activities: [.playing("b")]))
        harness.perform(harness.queue.becameLive(at: harness.now))
        #expect(harness.written == [3])
        harness.enqueue(.presence("c"))
        #expect(harness.written == [3, 4])
        harness.queue.connectionEnded(at: harness.now)
        harness.open()
        #expect(harness.queue.presence == Presence(activities: [.playing("c")]))
        harness.identify()
        #expect(harness.written == [3, 4], "the new session has it already")
    }

    @Test("a presence that is retained is what the next session begins with, also where it was not sent in time") func retainedBeyondDeadline() {
        func enqueue(_ name: String, within limit: Duration, _ harness: inout QueueHarness) -> [CommandEffect] {
            harness.queue.enqueue(
                CommandID(rawValue: 99), .presence(name), encodedBytes: 100, deadline: harness.now + limit, isRetained: true, at: harness.now)
        }
        func shown(_ name: String) -> Presence { Presence(activities: [.playing(name)]) }
        var harness = QueueHarness()
        #expect(enqueue("a", within: .seconds(1), &harness).isEmpty)
        #expect(harness.queue.timePassed(to: harness.now + .seconds(1)) == [.fail(CommandID(rawValue: 99), .notConnected)])
        #expect(harness.queue.presence == shown("a"))
        // Beyond five in 20 s there is no time for another: one that waits takes its place.
        harness = .live()
        for _ in 1...5 { harness.enqueue(.presence("b")) }
        harness.enqueue(.presence("c"), within: .seconds(60))
        guard case .fail(_, .rateLimited)? = enqueue("d", within: .seconds(1), &harness).first else { return #expect(Bool(false), "it was taken") }
        #expect(harness.queue.presence == shown("d"))
        harness.pass(.seconds(21))
        #expect(harness.results[6] == .sent && harness.queue.presence == shown("d"))
        let refused = harness.queue.enqueue(
            CommandID(rawValue: 98), .presence("e"), encodedBytes: 5_000, deadline: harness.now, isRetained: true, at: harness.now)
        #expect(refused.count == 1 && harness.queue.presence == shown("d"), "IDENTIFY could not hold it")
    }

    @Test("a presence that changes between IDENTIFY and READY goes out after READY") func changedMeanwhile() {
        var harness = QueueHarness()
        harness.enqueue(.presence("a"))
        harness.open()
        harness.perform(harness.queue.identifySent(at: harness.now))
        harness.enqueue(.presence("b"))
        #expect(harness.written == [])
        harness.perform(harness.queue.becameLive(at: harness.now))
        #expect(harness.written == [2])
        #expect(harness.queue.presence == Presence(activities: [.playing("b")]))
    }

    @Test("after a RESUME a presence goes out only if it changed meanwhile") func resumed() {
        var harness = QueueHarness.live()
        harness.enqueue(.presence("a"))
        harness.queue.connectionEnded(at: harness.now)
        harness.open()
        harness.resume()
        #expect(harness.written == [1])
        harness.queue.connectionEnded(at: harness.now)
        harness.enqueue(.presence("b"))
        harness.open()
        harness.resume()
        #expect(harness.written == [1, 2])
    }
}
