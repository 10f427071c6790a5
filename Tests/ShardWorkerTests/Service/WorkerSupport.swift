import ClusterModel
import GatewayClient
import GatewayModel
import NIOPosix
import Synchronization

@testable import ShardWorker

/// A coordinator in this process: the test reads what the worker says and answers by hand. It acks each renewal by itself until told not to.
final class FakeCoordinator: ControlTransport {
    private struct State {
        var streams = 0
        var push: AsyncStream<CoordinatorEnvelope>.Continuation?
        var isAcking = true
        var isReachable = true
        var isolation = Isolation.hold
        var isGranting = false
        var permits = 0
    }

    private let state = Mutex(State())
    private let heard: AsyncStream<WorkerMessage>
    private let said: AsyncStream<WorkerMessage>.Continuation

    init(isolation: Isolation = .hold) {
        (self.heard, self.said) = AsyncStream.makeStream()
        self.state.withLock { $0.isolation = isolation }
    }

    var streams: Int { self.state.withLock { $0.streams } }
    func setAcking(_ isAcking: Bool) { self.state.withLock { $0.isAcking = isAcking } }
    /// From now on each shard that wants a permit gets one at once.
    func setGranting() { self.state.withLock { $0.isGranting = true } }
    func setReachable(_ isReachable: Bool) { self.state.withLock { $0.isReachable = isReachable } }

    func tell(_ message: CoordinatorMessage, epoch: Int64 = 1) {
        _ = self.state.withLock { $0.push?.yield(CoordinatorEnvelope(epoch: CoordinatorEpoch(rawValue: epoch), message: message)) }
    }

    /// Ends the present stream from this side.
    func hangUp() {
        self.state.withLock { $0.push?.finish() }
    }

    /// The next message for which `match` answers something; others are passed over.
    func next<Answer>(_ match: (WorkerMessage) -> Answer?) async -> Answer? {
        for await message in self.heard {
            if let answer = match(message) { return answer }
        }
        return nil
    }

    func exchange(
        _ outgoing: AsyncStream<WorkerMessage>, opened: @escaping @Sendable () -> Void,
        received: @escaping @Sendable (CoordinatorEnvelope) async -> Void
    ) async -> String {
        guard self.state.withLock({ $0.isReachable }) else { return "connection refused" }
        let (incoming, push) = AsyncStream<CoordinatorEnvelope>.makeStream()
        self.state.withLock { state in
            state.streams += 1
            state.push = push
        }
        opened()
        return await withTaskGroup(of: String.self) { group in
            group.addTask {
                for await message in outgoing {
                    self.said.yield(message)
                    let (isAcking, isolation) = self.state.withLock { ($0.isAcking, $0.isolation) }
                    switch message {
                    case .hello(let hello) where isAcking: self.tell(.welcome(stamp: hello.stamp, isolation: isolation, dialsPerSecond: 200))
                    case .renew(let renewal) where isAcking: self.tell(.ack(stamp: renewal.stamp, isolation: isolation, dialsPerSecond: 200))
                    case .shard(let report) where report.phase == .awaitingPermit:
                        let permit = self.state.withLock { state -> PermitID? in
                            guard state.isGranting else { return nil }
                            state.permits += 1
                            return PermitID(rawValue: "auto-\(state.permits)")
                        }
                        if let permit { self.tell(.offer(permit, report.lease)) }
                    case .take(let permit, _):
                        if self.state.withLock({ $0.isGranting }) { self.tell(.go(permit)) }
                    default: break
                    }
                }
                return "the worker ended it"
            }
            group.addTask {
                for await envelope in incoming { await received(envelope) }
                return "the coordinator ended it"
            }
            defer { group.cancelAll() }
            return await group.next()!
        }
    }
}

/// A shard without a gateway: the test says what Discord does.
final class FakeShard: ShardRun {
    struct State {
        var calls: [String] = []
        var accepted: Int64 = 0
        var authority: DialAuthority?
        var stop: StopMode?
        var session: GatewaySession?
        /// Given to it, and their ends, which the test calls.
        var submitted: [(command: GatewayCommand, limit: Duration, ended: @Sendable (Result<Void, CommandError>) -> Void)] = []
    }

    let assignment: Assignment
    let handler: any ShardHandler
    let state: Mutex<State>
    private let stopped = OneShot()
    private let isFlushed = OneShot()
    private let fatal = Mutex<UInt16?>(nil)

    init(_ assignment: Assignment, _ handler: any ShardHandler) {
        self.assignment = assignment
        self.handler = handler
        self.state = Mutex(State(session: assignment.session))
    }

    func run() async -> ShardEnd {
        await self.stopped.wait()
        if let code = self.fatal.withLock({ $0 }) { return .fatal(code: code, .stopApplication) }
        let mode = self.state.withLock { $0.stop }
        self.handler.receive(.phase(.stopping))
        if mode == .handOff || mode == nil { await self.isFlushed.wait() }
        if mode == .retire {
            self.handler.receive(.gap(.resharded, session: self.session))
            return .stopped(nil)
        }
        return .stopped(self.session)
    }

    private var session: GatewaySession? {
        self.state.withLock { state in
            state.session.map { GatewaySession(sessionID: $0.sessionID, resumeGatewayURL: $0.resumeGatewayURL, sequence: max($0.sequence, state.accepted)) }
        }
    }

    /// READY, and its dispatch.
    func becomeReady(session id: String) {
        let session = GatewaySession(sessionID: id, resumeGatewayURL: "ws://resume", sequence: 0)
        self.state.withLock { state in
            state.session = session
            state.accepted = 0
        }
        self.handler.receive(.ready(session))
        _ = self.handler.receive(dispatch(1, session: id, type: "READY"))
        self.handler.receive(.phase(.live))
    }

    func end(fatal code: UInt16) {
        self.fatal.withLock { $0 = code }
        self.stopped.fire()
    }

    func offer(_ permit: PermitID) {
        self.state.withLock { $0.calls.append("offer \(permit)") }
        self.handler.receive(.readyToIdentify(permit))
    }

    func grant(_ permit: PermitID, validUntil: Instant) {
        self.state.withLock { $0.calls.append("grant \(permit)") }
        self.becomeReady(session: "granted")
        self.handler.receive(.identified(permit, .ready, self.session))
    }

    func accepted(sequence: Int64, sessionID: String) { self.state.withLock { $0.accepted = sequence } }
    func flushed() { self.isFlushed.fire() }
    func resumeReading() { self.state.withLock { $0.calls.append("resumeReading") } }
    func setAuthority(_ authority: DialAuthority) { self.state.withLock { $0.authority = authority } }

    func submit(_ command: GatewayCommand, within limit: Duration, ended: @escaping @Sendable (Result<Void, CommandError>) -> Void) {
        self.state.withLock { $0.submitted.append((command, limit, ended)) }
    }

    func stop(_ mode: StopMode) {
        self.state.withLock { state in
            state.calls.append("stop \(mode)")
            state.stop = mode
        }
        self.stopped.fire()
    }
}

/// The shards that a worker started, as they come.
final class FakeShards: Sendable {
    private let started: AsyncStream<FakeShard>
    private let start: AsyncStream<FakeShard>.Continuation

    init() {
        (self.started, self.start) = AsyncStream.makeStream()
    }

    var factory: ShardFactory {
        { assignment, handler in
            let shard = FakeShard(assignment, handler)
            self.start.yield(shard)
            return shard
        }
    }

    func next() async -> FakeShard? {
        for await shard in self.started { return shard }
        return nil
    }
}

func assignment(
    _ shard: Int, epoch: Int64 = 1, generation: Int = 1, incarnation: Incarnation, session: GatewaySession? = nil, gatewayURL: String = "ws://gateway"
) -> Assignment {
    Assignment(
        lease: lease(shard, epoch: epoch, generation: generation), incarnation: incarnation, numShards: 4, session: session, application: application,
        token: Secret("token"), intents: 513, gatewayURL: gatewayURL)
}
