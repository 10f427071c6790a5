import ClusterModel
import GatewayClient
import GatewayModel
import Logging
import NIOCore

/// The loop of a worker: a local of `WorkerService.run()`, so its state needs no lock.
struct WorkerLoop {
    let inbox = WorkerInbox()
    let counters = WorkerCounters()

    private let settings: WorkerSettings
    private let transport: any ControlTransport
    private let writer: SinkWriter
    private let watchdog: Watchdog
    private let timer: any EventLoop
    private let logger: Logger
    private let makeShard: ShardFactory
    private let dialPacer: DialPacer
    private let clock: @Sendable () -> Instant

    private var machine: WorkerMachine
    private var random = SystemRandomNumberGenerator()
    private var running: [ShardLease: ShardTask] = [:]
    private var authority: DialAuthority
    private var stream: ControlStream?
    private var streamCount = 0
    private var wasJoined = false
    private var isFailureLogged = false
    private var alarm: (at: Instant, scheduled: Scheduled<Void>)?

    /// How long a presence may wait for its turn. The newest takes the place of the one that waits, so there is no hurry to give up.
    private static let presenceLimit = Duration.seconds(86_400)

    enum End {
        case stopped
        case refused(String)
        /// So many shards did not end in time.
        case overdue(shards: Int)
    }

    init(
        settings: WorkerSettings, transport: any ControlTransport, writer: SinkWriter, watchdog: Watchdog, timer: any EventLoop, logger: Logger,
        makeShard: @escaping ShardFactory, dialPacer: DialPacer, clock: @escaping @Sendable () -> Instant
    ) {
        self.settings = settings
        self.transport = transport
        self.writer = writer
        self.watchdog = watchdog
        self.timer = timer
        self.logger = logger
        self.makeShard = makeShard
        self.dialPacer = dialPacer
        self.clock = clock
        self.machine = WorkerMachine(
            WorkerConfiguration(stableID: settings.stableID, capacity: settings.capacity, timing: settings.timing), at: clock(), using: &self.random)
        self.authority = self.machine.authority
    }

    mutating func run(in tasks: inout DiscardingTaskGroup) async -> End {
        self.logger.notice(
            "Worker started",
            metadata: [LogKey.stableID: "\(self.settings.stableID)", LogKey.incarnation: "\(self.machine.incarnation)"])
        self.rearm()
        while true {
            let event = await self.inbox.next()
            guard let input = self.input(of: event) else {
                if case .stopOverdue = event { return .overdue(shards: self.running.count) }
                continue
            }
            let effects = self.machine.handle(input, at: self.clock(), using: &self.random)
            self.publish()
            self.logJoining()
            for effect in effects {
                if case .exit(let exit) = effect {
                    await self.sayGoodbye()
                    switch exit {
                    case .stopped: return .stopped
                    case .refused(let reason): return .refused(reason)
                    }
                }
                self.perform(effect, in: &tasks)
            }
            self.rearm()
        }
    }

    /// `nil` for what the machine need not know.
    private mutating func input(of event: WorkerInbox.Event) -> WorkerInput? {
        switch event {
        case .input(.shard(let lease, .ended(let end))):
            self.running[lease] = nil
            return .shard(lease, .ended(end))
        case .input(let input):
            return input
        case .stream(let number, let event):
            guard let stream = self.stream, stream.number == number else { return nil }  // a stream that was left
            switch event {
            case .opened: return .connected
            case .received(let envelope): return .received(envelope)
            case .ended(let reason):
                self.stream = nil
                if !self.machine.isJoined {
                    // The first one of a row; the machine goes on trying, each 2 s at the latest.
                    self.logger.log(
                        level: self.isFailureLogged ? .debug : .warning, "Coordinator not reached; trying again", metadata: [LogKey.reason: "\(reason)"])
                    self.isFailureLogged = true
                }
                return .disconnected(reason: reason)
            }
        case .alarm:
            self.alarm = nil
            return .tick(self.progress)
        case .stopRequested:
            self.logger.notice("Stopping: every shard is flushed and closed resumably", metadata: [LogKey.count: "\(self.running.count)"])
            _ = self.timer.scheduleTask(in: .init(WorkerService.stopLimit)) { [inbox] in inbox.post(.stopOverdue) }
            return .stopRequested(returning: self.settings.isReturning)
        case .stopOverdue:
            return nil
        }
    }

    private var progress: WorkerProgress {
        WorkerProgress(accepted: self.running.compactMapValues(\.lane.accepted), acceptedEvents: self.writer.acceptedEvents)
    }

    private mutating func publish() {
        self.watchdog.set(self.machine.watchdog)
        if self.dialPacer.perSecond != Double(self.machine.dialsPerSecond) { self.dialPacer.perSecond = Double(self.machine.dialsPerSecond) }
        let authority = self.machine.authority
        guard authority != self.authority else { return }
        self.authority = authority
        self.writer.setAuthority(authority)
        for task in self.running.values { task.shard.setAuthority(authority) }
    }

    private mutating func perform(_ effect: WorkerEffect, in tasks: inout DiscardingTaskGroup) {
        switch effect {
        case .connect:
            self.streamCount += 1
            let stream = ControlStream(number: self.streamCount)
            self.stream = stream
            tasks.addTask { [transport, inbox] in await stream.run(over: transport, into: inbox) }
        case .disconnect:
            self.stream?.leave()
            self.stream = nil
        case .send(let message):
            self.stream?.send(message)
        case .start(let assignment):
            self.start(assignment, in: &tasks)
        case .stop(let lease, let mode):
            guard let task = self.running[lease] else { return }
            if mode == .fence { task.lane.discard() }
            task.shard.stop(mode)
        case .offer(let lease, let permit):
            self.running[lease]?.shard.offer(permit)
        case .grant(let lease, let permit, let validUntil):
            self.running[lease]?.shard.grant(permit, validUntil: validUntil)
        case .show(let lease, let planned):
            guard let task = self.running[lease] else {
                self.inbox.post(.input(.presenceEnded(lease, planned.revision, isShown: false)))
                return
            }
            task.shard.submit(.updatePresence(planned.presence), within: Self.presenceLimit) { [inbox] result in
                inbox.post(.input(.presenceEnded(lease, planned.revision, isShown: (try? result.get()) != nil)))
            }
        case .command(let ticket, let lease, let command, let limit):
            guard let task = self.running[lease] else {
                self.inbox.post(.input(.commandEnded(ticket, .notHeld)))
                return
            }
            task.shard.submit(command, within: limit) { [inbox] result in
                inbox.post(.input(.commandEnded(ticket, ForwardOutcome(result))))
            }
        case .note(let note):
            self.log(note)
        case .exit:
            preconditionFailure("handled by the loop")
        }
    }

    private mutating func start(_ assignment: Assignment, in tasks: inout DiscardingTaskGroup) {
        let lane = self.writer.open(assignment.lease, application: assignment.application)
        let stopping = OneShot()
        let bridge = ShardBridge(assignment, lane: lane, inbox: self.inbox, stopping: stopping, counters: self.counters)
        let shard = self.makeShard(assignment, bridge)
        lane.setListener(ShardSinkListener(shard: shard))
        shard.setAuthority(self.authority)
        let task = ShardTask(
            assignment: assignment, shard: shard, bridge: bridge, lane: lane, writer: self.writer, inbox: self.inbox, stopping: stopping)
        self.running[assignment.lease] = task
        tasks.addTask { await task.run() }
    }

    /// Gives the last messages a second to leave.
    private mutating func sayGoodbye() async {
        self.alarm?.scheduled.cancel()
        guard let stream = self.stream else { return }
        stream.finish()
        _ = self.timer.scheduleTask(in: .seconds(1)) { stream.leave() }
        while true {
            if case .stream(stream.number, .ended) = await self.inbox.next() { return }
        }
    }

    private mutating func rearm() {
        guard let deadline = self.machine.deadline else {
            self.alarm?.scheduled.cancel()
            self.alarm = nil
            return
        }
        if let alarm = self.alarm {
            guard alarm.at != deadline else { return }
            alarm.scheduled.cancel()
        }
        // At least a millisecond: a deadline of the past must not keep the loop from its inbox.
        let delay = max(deadline - self.clock(), .milliseconds(1))
        self.alarm = (deadline, self.timer.scheduleTask(in: .init(delay)) { [inbox] in inbox.post(.alarm) })
    }

    private mutating func logJoining() {
        guard self.machine.isJoined != self.wasJoined else { return }
        self.wasJoined.toggle()
        self.isFailureLogged = false
        if self.wasJoined {
            self.logger.notice(
                "Joined the coordinator", metadata: [LogKey.incarnation: "\(self.machine.incarnation)", LogKey.count: "\(self.running.count)"])
        }
    }

    private func log(_ note: ClusterNote) {
        let metadata: Logger.Metadata = note.detail.isEmpty ? [:] : [LogKey.detail: "\(note.detail)"]
        switch note.level {
        case .debug: self.logger.debug("\(note.message)", metadata: metadata)
        case .notice: self.logger.notice("\(note.message)", metadata: metadata)
        case .warning: self.logger.warning("\(note.message)", metadata: metadata)
        case .error: self.logger.error("\(note.message)", metadata: metadata)
        }
    }
}
