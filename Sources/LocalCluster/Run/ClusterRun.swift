import ClusterModel
import Foundation
import GatewayModel

/// One run of a local cluster: a loop that looks at its processes, asks how they are, decides, and draws.
struct ClusterRun {
    /// How often processes are looked at.
    static let turn = Duration.milliseconds(25)
    /// How often simulator and coordinator are asked, and the view is drawn.
    static let look = Duration.milliseconds(250)
    /// The same while the shards of a killed worker are on their way back.
    static let closeLook = Duration.milliseconds(50)
    static let plainInterval = Duration.seconds(5)
    /// How long a process may take to answer after its start, and to end after SIGTERM.
    static let processLimit = Duration.seconds(20)

    private let options: LocalClusterOptions
    private let directory: StateDirectory
    private let screen: Screen
    private let client: ClusterClient
    private var processes: ClusterProcesses
    private var restarts: [String: RestartPlan] = [:]
    private var checker: CheckerThread?
    private var random: SplitMix
    private let began = BootClock.now

    private var model = ViewModel()
    private var simulator: SimulatorStatus?
    /// The simulator's counts when this run began.
    private var baseline: SimulatorStatus?
    private var violationsBefore = 0
    /// `nil`: the simulator was not asked yet, or gave no answer.
    private var violations: [SimulatorViolation]?
    private var live: Live?
    private var recoveries = Recoveries()
    private var kills = 0
    /// Killed on purpose, not yet seen to have ended.
    private var killed: Set<String> = []
    private var surprises: [String] = []
    private var meter = RateMeter()
    private var workerMeters: [RateMeter]
    private var lastLook: Instant?
    private var lastDraw: Instant?
    private var draining = false

    /// From when every shard was live.
    private struct Live {
        var since: Instant
        var end: Instant?
        var chaos: ChaosPlan?
        var identifies: Int
    }

    init(_ options: LocalClusterOptions, directory: StateDirectory, screen: Screen) throws {
        self.options = options
        self.directory = directory
        self.screen = screen
        let ports = try Ports.kept(in: directory.file("ports.json"))
        self.client = ClusterClient(ports: ports)
        self.processes = ClusterProcesses(options, directory: directory, ports: ports)
        self.random = SplitMix(seed: options.seed)
        self.workerMeters = Array(repeating: RateMeter(), count: options.workers)
        self.model.workers = self.processes.workers
        self.model.chaos = options.chaos
        self.model.limit = options.limit
        // The simulator takes any token but an empty one; this one opens nothing anywhere.
        try Data("muster-up\n".utf8).write(to: URL(fileURLWithPath: directory.file("token")), options: .atomic)
    }

    mutating func run() async throws -> (lines: [String], code: Int32) {
        do {
            try await self.start()
            try await self.untilEnd()
            if self.options.limit != nil, Signals.received == 0 { try await self.untilJudged() }
            try await self.drain()
        } catch {
            self.draining = true
            // Whatever goes wrong from here on, the first error is the one to tell.
            if let checker = self.checker {
                // Before the simulator saves its state: that must be the newer one.
                checker.abandon()
                _ = try? await self.wait(Self.processLimit) { _ in checker.snapshot.ended }
            }
            self.processes.sendToAll(signal: SIGTERM)
            _ = try? await self.wait(Self.processLimit) { !$0.processes.anyRuns }
            self.processes.sendToAll(signal: SIGKILL)
            await self.client.shutdown()
            if error is Interrupted { return (["stopped at once"], 130) }
            throw error
        }
        await self.client.shutdown()
        let summary = self.summary
        return (self.options.limit == nil && summary.failures.isEmpty ? ["drained; `muster up` goes on from here"] : summary.lines, summary.exitCode)
    }

    // MARK: - Phases

    private mutating func start() async throws {
        self.processes.emptyLogs()
        if self.directory.forgetStaleSimulator() {
            self.say("the simulator did not end well the last time: its sessions are gone, and every shard will IDENTIFY")
        }
        try self.processes.start(ClusterProcesses.simulator)
        self.say("simulator, coordinator and \(self.options.workers) workers start; their logs are in \(self.options.stateDirectory)/logs")
        self.say("ask it yourself: muster status --admin \(self.client.admin)")
        try await self.untilAnswers(ClusterProcesses.simulator) { try await $0.client.simulatorStatus() }
        let simulator = try await self.client.simulatorStatus()
        self.baseline = simulator
        self.violationsBefore = try await self.client.violations().count
        let checker = try CheckerThread(workers: self.processes.workers, directory: self.directory, client: self.client, simulator: simulator)
        checker.start()
        self.checker = checker
        try self.processes.start(ClusterProcesses.coordinator)
        try await self.untilAnswers(ClusterProcesses.coordinator) { try await $0.client.clusterStatus() }
        for worker in self.processes.workers { try self.processes.start(worker) }
    }

    private mutating func untilEnd() async throws {
        // A run with an end fails where its shards do not come live in twice the time that IDENTIFY pacing needs, and a minute.
        let rounds = (self.options.shards + self.options.maxConcurrency - 1) / self.options.maxConcurrency
        let startLimit = self.began + .seconds(60 + 12 * rounds)
        while Signals.received == 0 {
            try await self.turn()
            if let end = self.live?.end, BootClock.now >= end { return }
            if self.options.limit != nil, self.live == nil, BootClock.now > startLimit { return }
        }
    }

    /// Lets the checker settle every event that was due at the end of the run.
    private mutating func untilJudged() async throws {
        self.model.phase = "checking"
        let end: Int
        do {
            end = Int(try await self.client.simulatorStatus().now)
        } catch {
            // Nothing can be judged without it.
            self.surprise("the simulator does not say what time it is: \(error)")
            return
        }
        let patience = Duration.milliseconds(DeliveryChecker.patienceAfterDeath) + .seconds(5)
        let settled = try await self.wait(patience) { run in
            guard let snapshot = run.checker?.snapshot, let readTo = snapshot.readTo, readTo > Int64(end) else { return Signals.received > 0 }
            return snapshot.oldestOpen.map { $0 > Int64(end) } ?? true
        }
        if !settled { self.surprise("the checker did not settle") }
    }

    private mutating func drain() async throws {
        self.draining = true
        self.model.phase = "draining"
        self.say("draining")
        do {
            self.violations = try await self.client.violations()
        } catch {
            self.say("the simulator does not say which limits were broken: \(error)")
        }
        try await self.end(self.processes.workers)
        if let checker = self.checker {
            checker.stop()
            if try await !self.wait(Self.processLimit, until: { _ in checker.snapshot.ended }) { self.surprise("the checker did not end") }
        }
        try await self.end([ClusterProcesses.coordinator])
        try await self.end([ClusterProcesses.simulator])
    }

    /// SIGTERM, and SIGKILL for what does not hear it.
    private mutating func end(_ names: [String]) async throws {
        for name in names { self.processes.send(signal: SIGTERM, to: name) }
        let ended = try await self.wait(Self.processLimit) { run in !names.contains { run.processes.isRunning($0) } }
        guard !ended else { return }
        for name in names where self.processes.isRunning(name) {
            self.surprise("\(name) did not drain within \(Summary.seconds(Self.processLimit))")
            self.processes.send(signal: SIGKILL, to: name)
        }
        _ = try await self.wait(Self.processLimit) { run in !names.contains { run.processes.isRunning($0) } }
    }

    private mutating func untilAnswers<Answer>(_ name: String, _ ask: (ClusterRun) async throws -> Answer) async throws {
        let deadline = BootClock.now + Self.processLimit
        // Until it listens, every request fails.
        while (try? await ask(self)) == nil {
            guard BootClock.now < deadline else {
                throw OperatorMistake(
                    what: "the \(name) does not answer", why: self.directory.endOfLog(of: name).last ?? "its log is empty",
                    fix: "see \(self.directory.log(of: name))")
            }
            if Signals.received > 0 { throw Interrupted() }
            try self.reap()
            try await Task.sleep(for: Self.turn)
        }
    }

    /// Takes turns until something holds.
    /// - Returns: `false` where it did not in time.
    private mutating func wait(_ limit: Duration, until condition: (ClusterRun) -> Bool) async throws -> Bool {
        let deadline = BootClock.now + limit
        while !condition(self) {
            guard BootClock.now < deadline else { return false }
            if self.draining, Signals.received > 1 { throw Interrupted() }
            try await self.turn()
        }
        return true
    }

    private struct Interrupted: Error {}

    // MARK: - One turn

    private mutating func turn() async throws {
        try self.reap()
        let now = BootClock.now
        if self.lastLook.map({ now - $0 >= (self.recoveries.isOpen ? Self.closeLook : Self.look) }) ?? true {
            self.lastLook = now
            await self.lookAround()
        }
        if !self.draining { self.kill(at: BootClock.now) }
        self.draw(at: BootClock.now)
        try await Task.sleep(for: Self.turn)
    }

    private mutating func reap() throws {
        for (name, ending) in self.processes.ended() {
            if let worker = self.processes.workers.firstIndex(of: name) { self.checker?.workerDied(worker) }
            if self.killed.remove(name) != nil {
                try self.processes.start(name)
                continue
            }
            if self.draining {
                if ending != .exited(0) { self.surprise("\(name) ended with \(ending) while draining") }
                continue
            }
            let lastLine = self.directory.endOfLog(of: name).last ?? "its log is empty"
            // Exit code 2: an operator must act. A simulator that ends takes its ledger with it.
            guard ending != .exited(2), name != ClusterProcesses.simulator, self.restarts[name, default: RestartPlan()].ended(at: BootClock.now) else {
                throw OperatorMistake(
                    what: "the process \(name) ended with \(ending)", why: lastLine.hasSuffix(".") ? String(lastLine.dropLast()) : lastLine,
                    fix: "see \(self.directory.log(of: name))")
            }
            self.surprise("\(name) ended by itself with \(ending)")
            try self.processes.start(name)
        }
    }

    private mutating func lookAround() async {
        // Either may be down, most often because we took it down: then the last view stays.
        if let status = try? await self.client.clusterStatus() { self.model.cluster = status }
        guard let status = try? await self.client.simulatorStatus() else { return }
        self.simulator = status
        let now = BootClock.now
        self.model.resumed = status.resumes - (self.baseline?.resumes ?? 0)
        self.model.identified = status.identifies - (self.baseline?.identifies ?? 0)
        self.model.violations = max(0, status.violations - self.violationsBefore)
        let attached = status.sessions.filter(\.attached).count
        // As many as the cluster has by now: another --shards at a later start changes nothing, a re-shard does.
        let shards = self.model.numShards ?? self.options.shards
        if self.live == nil, self.model.live == shards, attached >= shards { self.goLive(identifies: status.identifies, shards: shards, at: now) }
        let wasOpen = self.recoveries.isOpen
        self.recoveries.observed(allAttached: attached >= shards, starts: status.resumes + status.identifies, at: now)
        if wasOpen, !self.recoveries.isOpen, let last = self.recoveries.durations.last {
            self.model.lastRecovery = last
            self.say("every shard is live again, \(Summary.seconds(last)) after the kill")
        }
    }

    private mutating func goLive(identifies: Int, shards: Int, at now: Instant) {
        let end = self.options.limit.map { now + $0 }
        let chaos = self.options.chaos ? ChaosPlan(workers: self.options.workers, from: now, until: end, using: &self.random) : nil
        self.live = Live(since: now, end: end, chaos: chaos, identifies: identifies)
        self.model.phase = "running"
        if shards != self.options.shards {
            self.say("it has \(shards) shards from before; `muster reshard --to \(self.options.shards) --admin \(self.client.admin)` changes that")
        }
        self.say(
            "every shard is live after \(Summary.seconds(now - self.began)): \(self.model.resumed) resumed, \(self.model.identified) identified")
    }

    private mutating func kill(at now: Instant) {
        guard let index = self.live?.chaos?.timePassed(to: now, using: &self.random) else { return }
        let name = self.processes.workers[index]
        guard self.processes.isRunning(name) else { return }
        let shards = self.model.cluster?.shards.filter { $0.owner?.rawValue == name }.count ?? 0
        self.killed.insert(name)
        self.kills += 1
        self.recoveries.killed(shards: shards, starts: (self.simulator?.resumes ?? 0) + (self.simulator?.identifies ?? 0), at: now)
        self.processes.send(signal: SIGKILL, to: name)
        self.say("killed \(name), which held \(shards) shards")
    }

    private mutating func draw(at now: Instant) {
        let interval = self.screen.isTerminal ? Self.look : Self.plainInterval
        guard self.lastDraw.map({ now - $0 >= interval }) ?? true else { return }
        self.lastDraw = now
        self.model.kills = self.kills
        self.model.age = now - self.began
        self.model.elapsed = now - (self.live?.since ?? self.began)
        if let snapshot = self.checker?.snapshot {
            self.model.delivery = snapshot
            self.meter.observed(snapshot.counts.written, at: now)
            self.model.eventsPerSecond = self.meter.perSecond
            for index in self.workerMeters.indices { self.workerMeters[index].observed(snapshot.writtenByWorker[index] ?? 0, at: now) }
            self.model.eventsPerSecondByWorker = self.workerMeters.map(\.perSecond)
        }
        if self.screen.isTerminal { self.screen.draw(self.model) } else { self.screen.print(self.model.plainLine) }
    }

    // MARK: - Words

    private mutating func say(_ text: String) {
        let line = "\(ViewModel.clock(BootClock.now - self.began)) \(text)"
        self.model.news.append(line)
        if self.model.news.count > 100 { self.model.news.removeFirst() }
        if !self.screen.isTerminal { self.screen.print(line) }
    }

    /// Something that must not happen in a run: said, and part of the summary.
    private mutating func surprise(_ text: String) {
        self.say(text)
        if self.surprises.count < 8 { self.surprises.append(text) }
    }

    private var summary: Summary {
        let snapshot = self.checker?.snapshot ?? CheckerThread.Snapshot()
        let violations = self.violations?.dropFirst(self.violationsBefore)
        var surprises = self.surprises
        if snapshot.counts.unreadable > 0 { surprises.append("\(snapshot.counts.unreadable) lines could not be read") }
        if let problem = snapshot.problem { surprises.append("checker: \(problem)") }
        surprises += snapshot.lately.map { "lost: \($0)" }
        return Summary(
            duration: self.live.map { (($0.end.map { min($0, BootClock.now) }) ?? BootClock.now) - $0.since } ?? .zero, due: snapshot.counts.due,
            accepted: snapshot.counts.accepted, lost: snapshot.counts.lost, open: snapshot.open, declared: snapshot.counts.declared,
            replayed: snapshot.counts.replayed, repeated: snapshot.counts.repeated, kills: self.kills, resumes: self.model.resumed,
            identifies: self.live.map { (self.simulator?.identifies ?? $0.identifies) - $0.identifies } ?? 0,
            identifyViolations: violations?.filter(\.isAboutIdentify).count, otherViolations: violations?.filter { !$0.isAboutIdentify }.count,
            recoveryMedian: self.recoveries.median, recoveryMax: self.recoveries.durations.max(),
            everyShardWasLive: self.live != nil || self.options.limit == nil, everyKillRecovered: !self.recoveries.isOpen, surprises: surprises)
    }
}
