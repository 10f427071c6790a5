import ClusterTestKit
import GatewayModel
import Testing

@testable import ClusterModel

@Suite("The worker") struct WorkerMachineTests {
    struct Bench {
        var random = SeededGenerator(seed: 7)
        var now = Instant(nanoseconds: 1_000_000_000_000)
        var machine: WorkerMachine
        var effects: [WorkerEffect] = []
        var isolation = Isolation.hold

        init(isolation: Isolation = .hold) {
            self.isolation = isolation
            self.machine = WorkerMachine(WorkerConfiguration(stableID: StableID(rawValue: "w"), capacity: 8), at: self.now, using: &self.random)
        }

        mutating func input(_ input: WorkerInput) {
            self.effects += self.machine.handle(input, at: self.now, using: &self.random)
        }

        mutating func receive(_ message: CoordinatorMessage, epoch: Int64 = 1) {
            self.input(.received(CoordinatorEnvelope(epoch: CoordinatorEpoch(rawValue: epoch), message: message)))
        }

        mutating func take() -> [WorkerEffect] {
            defer { self.effects = [] }
            return self.effects
        }

        mutating func join() {
            self.input(.tick(WorkerProgress()))
            self.input(.connected)
            self.receive(.welcome(stamp: self.now, isolation: self.isolation, dialsPerSecond: 7))
            _ = self.take()
        }

        mutating func assign(_ shard: Int, epoch: Int64 = 1) {
            self.receive(
                .assign(
                    Assignment(
                        lease: lease(shard, epoch: epoch), incarnation: self.machine.incarnation, numShards: 8, session: session("s\(shard)", 10),
                        application: ApplicationID(rawValue: "app"), token: Secret("t"), intents: 1, gatewayURL: "ws://x")))
        }

        /// Ticks, answering each renewal, until `duration` has passed.
        mutating func pass(_ duration: Duration, acking: Bool = true) {
            let end = self.now + duration
            while self.now < end {
                self.now = min(end, max(self.machine.deadline ?? end, self.now + .milliseconds(1)))
                let before = self.effects.count
                self.input(.tick(WorkerProgress()))
                for effect in self.effects[before...] {
                    if acking, case .send(.renew(let renewal)) = effect {
                        self.receive(.ack(stamp: renewal.stamp, isolation: self.isolation, dialsPerSecond: 7))
                    }
                }
            }
        }
    }

    @Test("it says hello first, and may dial only once it is welcomed") func hello() {
        var bench = Bench()
        #expect(!bench.machine.authority.mayDial(at: bench.now))
        bench.input(.tick(WorkerProgress()))
        #expect(bench.take() == [.connect])
        bench.input(.connected)
        guard case .send(.hello(let hello))? = bench.take().first else {
            Issue.record("no hello")
            return
        }
        #expect(!bench.machine.authority.mayDial(at: bench.now))
        bench.now = bench.now + .milliseconds(20)
        bench.receive(.welcome(stamp: hello.stamp, isolation: .hold, dialsPerSecond: 7))
        #expect(bench.machine.authority.mayDial(at: bench.now))
        #expect(bench.take() == [.send(.renew(Renewal(stamp: bench.now, shards: [], acceptedEvents: 0)))], "at once: it proves that it lives")
    }

    @Test("the lease counts from the send time of the renewal, not from its ack") func leaseFromSendTime() {
        var bench = Bench(isolation: .fence)
        bench.join()
        let sent = bench.now
        bench.now = bench.now + .seconds(3)
        bench.receive(.ack(stamp: sent, isolation: .fence, dialsPerSecond: 7))
        #expect(bench.machine.authority.mayDial(at: sent + .milliseconds(8_999)))
        #expect(!bench.machine.authority.mayDial(at: sent + .seconds(9)))
        #expect(!bench.machine.authority.mayEmit(at: sent + .seconds(10)))
    }

    @Test("under fence it closes at 9 s and comes back as somebody else, once every shard has ended") func fence() {
        var bench = Bench(isolation: .fence)
        bench.join()
        bench.assign(0)
        let first = bench.machine.incarnation
        let joined = bench.now
        #expect(bench.machine.watchdog == joined + .seconds(10))
        _ = bench.take()
        bench.pass(.milliseconds(9_100), acking: false)
        #expect(bench.take().contains(.stop(lease(0), .fence)))
        #expect(bench.machine.incarnation != first)
        bench.pass(.seconds(5), acking: false)
        #expect(!bench.take().contains(.connect), "a shard of the earlier incarnation has not ended")
        bench.input(.shard(lease(0), .ended(.stopped(nil))))
        bench.pass(.seconds(1), acking: false)
        #expect(bench.take().contains(.connect))
        #expect(bench.machine.watchdog == nil)
    }

    @Test("under hold it keeps its shards without a coordinator, and dials nothing") func hold() {
        var bench = Bench()
        bench.join()
        bench.assign(0)
        _ = bench.take()
        bench.input(.disconnected(reason: "gone"))
        bench.pass(.seconds(60), acking: false)
        #expect(!bench.take().contains { if case .stop = $0 { true } else { false } })
        #expect(!bench.machine.authority.mayDial(at: bench.now))
        #expect(bench.machine.authority.mayEmit(at: bench.now))
    }

    @Test("an assignment for another incarnation, or a lower epoch, or one that ended here, is not started") func staleAssignments() {
        var bench = Bench()
        bench.join()
        bench.assign(0, epoch: 5)
        #expect(bench.take().contains { if case .start = $0 { true } else { false } })
        bench.assign(0, epoch: 4)
        bench.receive(
            .assign(
                Assignment(
                    lease: lease(1), incarnation: Incarnation(rawValue: "other"), numShards: 8, session: nil, application: ApplicationID(rawValue: "app"),
                    token: Secret("t"), intents: 1, gatewayURL: "ws://x")))
        #expect(bench.take().isEmpty)
        bench.receive(.revoke(lease(0, epoch: 5), .handOff))
        bench.input(.shard(lease(0, epoch: 5), .ended(.stopped(session("s0", 12)))))
        #expect(
            bench.take() == [
                .stop(lease(0, epoch: 5), .handOff), .send(.revoked(ShardReport(lease: lease(0, epoch: 5), phase: .waiting, session: session("s0", 12)))),
            ])
        bench.assign(0, epoch: 5)
        #expect(bench.take() == [.send(.notHeld(lease(0, epoch: 5)))])
    }

    @Test("a newer assignment of a shard that still runs starts once the old one ended") func queuedAssignment() {
        var bench = Bench()
        bench.join()
        bench.assign(0, epoch: 1)
        _ = bench.take()
        bench.assign(0, epoch: 3)
        #expect(bench.take() == [.stop(lease(0, epoch: 1), .handOff)])
        bench.input(.shard(lease(0, epoch: 1), .ended(.stopped(session("s0", 11)))))
        #expect(bench.take().contains { if case .start(let assignment) = $0 { assignment.lease.epoch.rawValue == 3 } else { false } })
    }

    @Test("a message of a lower coordinator epoch is dropped") func deposedCoordinator() {
        var bench = Bench()
        bench.join()
        bench.receive(.ack(stamp: bench.now, isolation: .hold, dialsPerSecond: 7), epoch: 4)
        _ = bench.take()
        bench.receive(.revoke(lease(0), .retire), epoch: 3)
        #expect(!bench.take().contains { if case .send = $0 { true } else { false } })
    }

    @Test("a permit is used within 2 s of its own stamp, or given back as not sent") func permitValidity() {
        var bench = Bench()
        bench.join()
        bench.assign(0)
        let permit = PermitID(rawValue: "1-1")
        bench.receive(.offer(permit, lease(0)))
        #expect(bench.take().contains(.offer(lease(0), permit)))
        bench.input(.shard(lease(0), .readyToIdentify(permit)))
        let stamp = bench.now
        #expect(bench.take() == [.send(.take(permit, stamp: stamp))])
        bench.now = stamp + .milliseconds(1_999)
        bench.receive(.go(permit))
        #expect(bench.take().first == .grant(lease(0), permit, validUntil: stamp + .seconds(2)))
        let late = PermitID(rawValue: "1-2")
        bench.input(.shard(lease(0), .readyToIdentify(late)))
        _ = bench.take()
        bench.now = bench.now + .seconds(2)
        bench.receive(.go(late))
        #expect(bench.take().first == .send(.outcome(late, .notSent)))
    }

    @Test("a stop closes everything, then says goodbye with the final sequences") func stop() {
        var bench = Bench()
        bench.join()
        bench.assign(0)
        bench.assign(1)
        _ = bench.take()
        bench.input(.stopRequested(returning: true))
        #expect(bench.take() == [.stop(lease(0), .handOff), .stop(lease(1), .handOff)])
        bench.input(.shard(lease(0), .ended(.stopped(session("s0", 20)))))
        #expect(bench.take().isEmpty)
        bench.input(.shard(lease(1), .ended(.stopped(session("s1", 21)))))
        #expect(
            bench.take() == [
                .send(
                    .goodbye(
                        [
                            ShardReport(lease: lease(0), phase: .waiting, session: session("s0", 20)),
                            ShardReport(lease: lease(1), phase: .waiting, session: session("s1", 21)),
                        ], returning: true)),
                .exit(.stopped),
            ])
    }

    @Test("an accepted position counts only for the session it names") func progress() {
        var bench = Bench()
        bench.join()
        bench.assign(0)
        bench.input(.shard(lease(0), .session(session("new", 1))))
        _ = bench.take()
        bench.now = bench.now + .seconds(1)
        bench.input(.tick(WorkerProgress(accepted: [lease(0): AcceptedPosition(sessionID: "s0", sequence: 500)])))
        guard case .send(.renew(let renewal))? = bench.take().last else {
            Issue.record("no renewal")
            return
        }
        #expect(renewal.shards.first?.session == session("new", 1))
    }

    @Test("what ended while no stream was open is told on the next one") func unsent() {
        var bench = Bench()
        bench.join()
        bench.assign(0)
        bench.input(.disconnected(reason: "cut"))
        bench.receive(.revoke(lease(0), .handOff))
        _ = bench.take()
        bench.input(.shard(lease(0), .ended(.fatal(code: 4014, .stopApplication))))
        bench.pass(.seconds(1), acking: false)
        bench.input(.connected)
        guard case .send(.hello(let hello))? = bench.take().last else {
            Issue.record("no hello")
            return
        }
        bench.receive(.welcome(stamp: hello.stamp, isolation: .hold, dialsPerSecond: 7))
        #expect(bench.take().contains(.send(.failed(lease(0), code: 4014))))
    }
}
