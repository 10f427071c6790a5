import ClusterModel
import ControlProtocol
import Coordinator
import GRPCCore
import GatewayModel
import Testing

@Suite("A worker's control stream", .timeLimit(.minutes(2)))
struct ControlStreamTests {
    @Test("a worker says hello, is welcomed, and each renewal is acked with its own stamp")
    func acks() async throws {
        try await CoordinatorHarness().run { port in
            let worker = ScriptedWorker()
            try await CoordinatorHarness.with([worker], port: port) {
                worker.say(ScriptedWorker.hello())
                worker.say(ScriptedWorker.renew(41))
                worker.say(ScriptedWorker.renew(42))
                let received = try await worker.received.wait("three answers") { $0.count { $0.isAnswer } >= 3 }
                let answers = received.filter(\.isAnswer).map(\.message)
                #expect(
                    answers == [
                        .welcome(stamp: Instant(nanoseconds: 1), isolation: .hold, dialsPerSecond: 200),
                        .ack(stamp: Instant(nanoseconds: 41), isolation: .hold, dialsPerSecond: 200),
                        .ack(stamp: Instant(nanoseconds: 42), isolation: .hold, dialsPerSecond: 200),
                    ])
                #expect(received.allSatisfy { $0.epoch == CoordinatorEpoch(rawValue: 1) })
            }
        }
    }

    @Test("a worker of another protocol version is told why, and its stream ends; others go on")
    func otherVersion() async throws {
        try await CoordinatorHarness().run { port in
            let (old, good) = (ScriptedWorker(), ScriptedWorker())
            try await CoordinatorHarness.with([old, good], port: port) {
                old.say(ScriptedWorker.hello("old", version: 99))
                let refusals = try await old.received.wait("a refusal") { !$0.isEmpty }
                guard case .refused = refusals[0].message else {
                    Issue.record("not refused: \(refusals)")
                    return
                }
                try await old.ended.wait("the end of the stream") { !$0.isEmpty }
                good.say(ScriptedWorker.hello("good"))
                try await good.received.wait("welcome") { !$0.isEmpty }
            }
        }
    }

    @Test("a message that breaks the protocol ends its stream, with the field's name")
    func malformed() async throws {
        try await CoordinatorHarness().run { port in
            let worker = ScriptedWorker()
            try await CoordinatorHarness.with([worker], port: port) {
                worker.say(raw: Wire.WorkerEnvelope())
                let end = try await worker.ended.wait("the end") { !$0.isEmpty }[0]
                #expect(end?.code == .invalidArgument)
                #expect(end?.message.contains("names no message") == true)
            }
        }
    }

    @Test("a message of 100 MB is refused, and nobody else notices")
    func hugeMessage() async throws {
        let inputs = Recorder<ClusterInput>()
        var timing = Timing()
        // The good worker is silent for as long as 100 MB take, which on a busy machine is longer than the usual lease.
        timing.coordinatorLease = .seconds(120)
        let harness = CoordinatorHarness(CoordinatorHarness.configuration(timing: timing), machine: { ScriptedMachine(inputs: inputs) { _, _ in [] } })
        try await harness.run { port in
            let (bad, good) = (ScriptedWorker(), ScriptedWorker())
            try await CoordinatorHarness.with([bad, good], port: port) {
                good.say(ScriptedWorker.hello("good"))
                try await inputs.wait("the good worker's hello") { $0.contains { $0.isMessage } }
                bad.say(.decline(PermitID(rawValue: "p"), reason: "short"))
                var envelope = Wire.WorkerEnvelope()
                envelope.decline.permit = "p"
                envelope.decline.reason = String(repeating: "x", count: 100_000_000)
                bad.say(raw: envelope)
                let end = try await bad.ended.wait("the end") { !$0.isEmpty }[0]
                #expect(end != nil)
                try await inputs.wait("the closed stream") { $0.contains { $0.isClosed } }
                good.say(ScriptedWorker.renew(7))
                try await inputs.wait("the good worker's renewal") { $0.count { $0.isMessage } >= 3 }
                #expect(good.ended.all.isEmpty)
            }
        }
    }

    @Test("garbage on the port harms nobody")
    func garbage() async throws {
        try await CoordinatorHarness().run { port in
            let good = ScriptedWorker()
            try await CoordinatorHarness.with([good], port: port) {
                good.say(ScriptedWorker.hello("good"))
                try await good.received.wait("welcome") { !$0.isEmpty }
                for seed in UInt64(0)..<8 {
                    try await RawConnection.send(RawConnection.garbage(seed: seed), port: port)
                }
                good.say(ScriptedWorker.renew(9))
                try await good.received.wait("an ack") {
                    $0.contains { $0.message == .ack(stamp: Instant(nanoseconds: 9), isolation: .hold, dialsPerSecond: 200) }
                }
            }
        }
    }

    @Test("a worker that falls silent is cut off after the coordinator's lease, its TCP connection alive or not")
    func silence() async throws {
        var timing = Timing()
        timing.coordinatorLease = .milliseconds(400)
        let inputs = Recorder<ClusterInput>()
        let harness = CoordinatorHarness(CoordinatorHarness.configuration(timing: timing), machine: { ScriptedMachine(inputs: inputs) { _, _ in [] } })
        try await harness.run { port in
            let worker = ScriptedWorker()
            try await CoordinatorHarness.with([worker], port: port) {
                worker.say(ScriptedWorker.hello())
                let end = try await worker.ended.wait("the end") { !$0.isEmpty }[0]
                #expect(end?.code == .deadlineExceeded)
                try await inputs.wait("closed") { $0.contains { $0.isClosed } }
            }
        }
    }

    @Test("a stream's end reaches the loop exactly once, after its last message")
    func closedOnce() async throws {
        let inputs = Recorder<ClusterInput>()
        let harness = CoordinatorHarness(machine: { ScriptedMachine(inputs: inputs) { _, _ in [] } })
        try await harness.run { port in
            let worker = ScriptedWorker()
            try await CoordinatorHarness.with([worker], port: port) {
                for stamp in Int64(1)...50 { worker.say(ScriptedWorker.renew(stamp)) }
                worker.hangUp()
                try await worker.ended.wait("the end") { !$0.isEmpty }
                let seen = try await inputs.wait("closed") { $0.contains { $0.isClosed } }
                #expect(seen.count { $0.isMessage } == 50)
                #expect(seen.last?.isClosed == true)
            }
        }
        #expect(inputs.all.count { $0.isClosed } == 1)
    }

    @Test("a worker that is told more than it answers is cut off, and the coordinator holds no more than its bound")
    func boundedOutbox() async throws {
        let inputs = Recorder<ClusterInput>()
        let harness = CoordinatorHarness(machine: {
            ScriptedMachine(inputs: inputs) { input, _ in
                guard case .message(let connection, .hello) = input else { return [] }
                return (0..<10_000).map { .tell(connection, .go(PermitID(rawValue: "p\($0)"))) }
            }
        })
        try await harness.run { port in
            let worker = ScriptedWorker()
            try await CoordinatorHarness.with([worker], port: port) {
                worker.say(ScriptedWorker.hello(capacity: 8))
                let end = try await worker.ended.wait("the end") { !$0.isEmpty }[0]
                #expect(end?.code == .resourceExhausted)
                #expect(worker.received.all.count <= 8192 + 16)
            }
        }
    }

    @Test("a worker that can hold many shards may be told of all of them at once")
    func largeCapacity() async throws {
        let inputs = Recorder<ClusterInput>()
        let harness = CoordinatorHarness(machine: {
            ScriptedMachine(inputs: inputs) { input, _ in
                guard case .message(let connection, .hello) = input else { return [] }
                return (0..<6000).map { .tell(connection, .go(PermitID(rawValue: "p\($0)"))) }
            }
        })
        try await harness.run { port in
            let worker = ScriptedWorker()
            try await CoordinatorHarness.with([worker], port: port) {
                worker.say(ScriptedWorker.hello(capacity: 6000))
                let received = try await worker.received.wait("all of them") { $0.count == 6000 }
                #expect(received.map(\.message) == (0..<6000).map { .go(PermitID(rawValue: "p\($0)")) })
            }
        }
    }

    @Test("a refusal is delivered before its stream ends")
    func disconnect() async throws {
        let harness = CoordinatorHarness(machine: {
            ScriptedMachine(inputs: Recorder<ClusterInput>()) { input, _ in
                guard case .message(let connection, _) = input else { return [] }
                return [.tell(connection, .refused("no")), .disconnect(connection, reason: "refused")]
            }
        })
        try await harness.run { port in
            let worker = ScriptedWorker()
            try await CoordinatorHarness.with([worker], port: port) {
                worker.say(ScriptedWorker.hello())
                try await worker.ended.wait("the end") { !$0.isEmpty }
                #expect(worker.received.all.map(\.message) == [.refused("no")])
            }
        }
    }
}

extension CoordinatorEnvelope {
    var isAnswer: Bool {
        switch self.message {
        case .welcome, .ack: true
        default: false
        }
    }
}

extension ClusterInput {
    var isMessage: Bool { if case .message = self { true } else { false } }
    var isClosed: Bool { if case .closed = self { true } else { false } }
}
