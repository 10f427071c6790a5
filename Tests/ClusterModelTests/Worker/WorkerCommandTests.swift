import GatewayModel
import Testing

@testable import ClusterModel

@Suite("The worker: commands, presences, dials") struct WorkerCommandTests {
    typealias Bench = WorkerMachineTests.Bench

    private static let command = GatewayCommand.raw(op: 4, data: ["guild_id": "1"])

    private static func ticket(_ number: Int64) -> CommandTicket { CommandTicket(epoch: CoordinatorEpoch(rawValue: 1), number: number) }

    private static func running() -> Bench {
        var bench = Bench()
        bench.join()
        bench.assign(0)
        _ = bench.take()
        return bench
    }

    private static func tell(_ number: Int64, _ bench: inout Bench, epoch: Int64 = 1) -> [WorkerEffect] {
        bench.receive(.command(Self.ticket(number), lease(0, epoch: epoch), Self.command, within: .seconds(9)))
        return bench.take()
    }

    /// Answers the next renewal.
    private static func renew(_ bench: inout Bench) -> [WorkerEffect] {
        bench.pass(.seconds(1))
        return bench.take()
    }

    private static func hello(_ bench: inout Bench) -> WorkerHello? {
        bench.input(.disconnected(reason: "cut"))
        bench.pass(.milliseconds(200), acking: false)
        bench.input(.connected)
        guard case .send(.hello(let hello))? = bench.take().last else { return nil }
        return hello
    }

    @Test("a command of a held lease goes to its shard, and its end is told") func runs() {
        var bench = Self.running()
        #expect(Self.tell(1, &bench) == [.command(Self.ticket(1), lease(0), Self.command, within: .seconds(9))])
        #expect(Self.tell(1, &bench) == [], "told twice, it goes once")
        bench.input(.commandEnded(Self.ticket(1), .sent))
        #expect(bench.take() == [.send(.commandEnded(Self.ticket(1), .sent))])
        bench.input(.commandEnded(Self.ticket(1), .notSent))
        #expect(bench.take() == [])
    }

    @Test("a lease that is not held, or is ending, sends nothing") func notHeld() {
        var bench = Self.running()
        #expect(Self.tell(1, &bench, epoch: 2) == [.send(.commandEnded(Self.ticket(1), .notHeld))])
        bench.receive(.revoke(lease(0), .handOff))
        _ = bench.take()
        #expect(Self.tell(2, &bench) == [.send(.commandEnded(Self.ticket(2), .notHeld))])
    }

    @Test("what was told behind a refused command does not overtake it, until the coordinator has heard") func order() {
        var bench = Self.running()
        #expect(Self.tell(1, &bench, epoch: 2) == [.send(.commandEnded(Self.ticket(1), .notHeld))])
        bench.assign(0, epoch: 2)
        bench.input(.shard(lease(0), .ended(.stopped(nil))))
        _ = bench.take()
        #expect(Self.tell(2, &bench, epoch: 2) == [.send(.commandEnded(Self.ticket(2), .notHeld))])
        _ = Self.renew(&bench)
        _ = Self.renew(&bench)
        #expect(Self.tell(3, &bench, epoch: 2) == [.command(Self.ticket(3), lease(0, epoch: 2), Self.command, within: .seconds(9))])
    }

    @Test("a hello says what is with a shard and what ended, until an ack shows that it was heard") func hello() {
        var bench = Self.running()
        for number in Int64(1)...3 { _ = Self.tell(number, &bench) }
        bench.input(.commandEnded(Self.ticket(2), .sent))
        _ = Self.renew(&bench)
        bench.input(.commandEnded(Self.ticket(1), .notSent))
        let hello = Self.hello(&bench)
        #expect(
            hello?.commands == [CommandReport(ticket: Self.ticket(1), outcome: .notSent), CommandReport(ticket: Self.ticket(3), outcome: nil)],
            "the renewal after the second one's end was answered")
        bench.input(.commandEnded(Self.ticket(3), .sent))
        #expect(bench.take() == [], "not before the welcome")
        bench.receive(.welcome(stamp: bench.now, isolation: .hold, dialsPerSecond: 7))
        #expect(bench.take().first == .send(.commandEnded(Self.ticket(3), .sent)))
        #expect(Self.hello(&bench)?.commands == [CommandReport(ticket: Self.ticket(3), outcome: .sent)])
    }

    @Test("the goodbye waits for the answers of all commands") func goodbye() {
        var bench = Self.running()
        _ = Self.tell(1, &bench)
        bench.input(.stopRequested(returning: false))
        bench.input(.shard(lease(0), .ended(.stopped(nil))))
        #expect(!bench.take().contains(.exit(.stopped)))
        bench.input(.commandEnded(Self.ticket(1), .notSent))
        let effects = bench.take()
        #expect(effects.first == .send(.commandEnded(Self.ticket(1), .notSent)) && effects.last == .exit(.stopped))
    }

    @Test("D19: a presence goes to its shard, and the next report names it") func presence() {
        var bench = Self.running()
        bench.receive(.presence(lease(0), planned("chess", 3)))
        #expect(bench.take() == [.show(lease(0), planned("chess", 3))])
        bench.receive(.presence(lease(0), planned("chess", 3)))
        bench.receive(.presence(lease(0, epoch: 2), planned("chess", 3)))
        #expect(bench.take() == [])
        bench.input(.presenceEnded(lease(0), PresenceRevision(rawValue: 3), isShown: true))
        guard case .send(.shard(let report))? = bench.take().first else {
            Issue.record("no report")
            return
        }
        #expect(report.presence.rawValue == 3)
        bench.receive(.revoke(lease(0), .handOff))
        bench.input(.shard(lease(0), .ended(.stopped(session("s0", 9)))))
        let final = bench.take().compactMap { if case .send(.revoked(let report)) = $0 { report } else { nil } }
        #expect(final.map(\.presence) == [.none], "two minutes long it may have been lost on its way")
    }

    @Test("D19: after a RESUME a presence that was just written is written again") func resumed() {
        var bench = Self.running()
        bench.receive(.presence(lease(0), planned("chess", 3)))
        bench.input(.presenceEnded(lease(0), PresenceRevision(rawValue: 3), isShown: true))
        _ = bench.take()
        bench.input(.shard(lease(0), .resumed))
        #expect(bench.take() == [.show(lease(0), planned("chess", 3))])
        bench.input(.presenceEnded(lease(0), PresenceRevision(rawValue: 3), isShown: true))
        bench.pass(.seconds(121))
        _ = bench.take()
        bench.input(.shard(lease(0), .resumed))
        #expect(bench.take() == [])
    }

    @Test("D19: an assignment brings its presence: an IDENTIFY takes it along, a RESUME is followed by it unless it shows it") func assigned() {
        for (hasSession, isShown, shows) in [(false, false, false), (true, true, false), (true, false, true)] {
            var bench = Bench()
            bench.join()
            let assignment = Assignment(
                lease: lease(0), incarnation: bench.machine.incarnation, numShards: 8, session: hasSession ? session("s", 1) : nil,
                application: ApplicationID(rawValue: "app"), token: Secret("t"), intents: 1, gatewayURL: "ws://x", presence: planned("chess", 3),
                isPresenceShown: isShown)
            bench.receive(.assign(assignment))
            #expect(bench.take() == [.start(assignment)] + (shows ? [.show(lease(0), planned("chess", 3))] : []))
        }
    }

    @Test("D25: the share of the cap is the coordinator's last word, also without a coordinator") func dials() {
        var bench = Bench()
        #expect(bench.machine.dialsPerSecond == 1)
        bench.join()
        #expect(bench.machine.dialsPerSecond == 7)
        bench.receive(.ack(stamp: bench.now, isolation: .hold, dialsPerSecond: 40))
        bench.input(.disconnected(reason: "cut"))
        bench.pass(.seconds(30), acking: false)
        #expect(bench.machine.dialsPerSecond == 40)
    }
}
