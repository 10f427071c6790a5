import ClusterModel
import GatewayModel
import SimulatedGateway

/// Everything there is, for one seed: processes, streams, store, Discord; one queue of events, one true time from 0.
final class World {
    let plan: Plan
    let mutant: Mutant?
    var time: Int64 = 0
    var queue = EventQueue<Event>()
    var trace: Trace
    var breach: Breach?
    var rare = RareCounts()

    /// Dice by concern, so that one concern's draws do not move another's.
    var networkDice: Draw
    var troubleDice: Draw
    var processDice: Draw
    var eventDice: Draw
    var operatorDice: Draw

    var store: ModelStore
    var hosts: [Host] = []
    var processes: [WorkerProcess] = []
    var coordinators: [CoordinatorProcess] = []
    /// The coordinator that runs now.
    var coordinator: CoordinatorProcess?
    var links: [ControlLink] = []
    var connections: [GatewayConnection] = []
    var runs: [ShardRun] = []
    var gateway: GatewayMachine
    var gatewayOutputs: [GatewayOutput] = []
    var gatewayTickAt = Int64.max
    let account = Account()

    // What is wrong at the moment.
    var delay: Int64
    var controlSlow: Int64 = 0
    var gatewaySlow: Int64 = 0
    var dialsRefused = false
    var storeAway = false
    var storeSlow: Int64 = 0
    var storeFailChance = 0.0
    var storeUnknownChance = 0.0
    var infoFails = false
    var sinkSlow: Int64 = 0
    var troublesAreOver = false
    var publishes = true
    var restartsEnabled = true
    var nextRequest = 0
    var nextPresence = 0
    /// Discord leaves the next dispatch out.
    var dropNextDispatch = false
    /// So many IDENTIFYs are answered with op 9: an internal error of Discord's.
    var refusals = 0
    var wantsConcurrencyChange = false
    var reshards = 0
    var killsAtNextCommit = false
    var fatalInjected = false
    /// The host that last handed on events of a session, by its record.
    var lastProcess: [Int: Int] = [:]
    var healing: Healing?

    init(plan: Plan, mutant: Mutant? = nil, readable: Bool = false, prints: Bool = false) {
        self.plan = plan
        self.mutant = mutant
        self.trace = Trace(isReadable: readable, prints: prints)
        var draw = Draw(seed: plan.seed)
        self.networkDice = draw.fork()
        self.troubleDice = draw.fork()
        self.processDice = draw.fork()
        self.eventDice = draw.fork()
        self.operatorDice = draw.fork()
        self.store = ModelStore(application: ApplicationID(rawValue: "app"))
        self.store.ignoresCoordinatorEpoch = mutant == .coordinatorEpochNotGuarded
        self.store.forgetsKeys = mutant == .openPermitsForgottenAtRestart
        self.delay = plan.delay
        var configuration = GatewayConfiguration(guilds: (0..<UInt64(max(plan.shards, 2) * 2)).map { $0 << 22 })
        configuration.recommendedShards = plan.shards
        configuration.maxConcurrency = plan.maxConcurrency
        configuration.identifyLimitTotal = plan.budget
        configuration.readyDelay = .nanoseconds(plan.readyDelay)
        configuration.refusalDelay = .milliseconds(200)
        configuration.replayBuffer = plan.replayBuffer
        configuration.resumeWhileAttached = plan.refusesResumeWhileAttached ? .refuse : .takeOver
        configuration.heartbeatTrim = plan.trimsReplayByHeartbeat ? .hole : .off
        configuration.ledgerLimit = 200_000
        configuration.sessionLifetime = .seconds(plan.sessionLifetimeSeconds)
        self.gateway = GatewayMachine(configuration: configuration, at: Instant(nanoseconds: 0))
    }

    /// Runs the seed to its end or to the first breach.
    func run() {
        self.begin()
        while self.breach == nil, let (time, event) = self.queue.next() {
            guard time <= self.plan.length else { break }
            self.time = time
            self.trace.step(at: time, kind: event.kind)
            self.handle(event)
            self.checkOwners()
        }
        if self.breach == nil { self.judgeAtEnd() }
    }

    func fail(_ property: Property, _ text: @autoclosure () -> String) {
        guard self.breach == nil else { return }
        let text = text()
        self.breach = Breach(property: property, time: self.time, text: text)
        self.note("BREACH of \(property.rawValue): \(text)")
    }

    func note(_ text: @autoclosure () -> String) {
        self.trace.note(at: self.time, text())
    }

    func after(_ delay: Int64, _ event: Event) {
        self.queue.schedule(event, at: self.time + delay)
    }

    /// One way over the network, without queues.
    func hop() -> Int64 {
        self.networkDice.skewed(100 * microsecond...max(200 * microsecond, self.delay))
    }

    private func begin() {
        for index in 0..<self.plan.workers {
            self.hosts.append(Host(stableID: StableID(rawValue: "w\(index)")))
            self.queue.schedule(.startWorker(host: index), at: self.processDice.skewed(0...3 * second))
        }
        self.queue.schedule(.startCoordinator, at: self.processDice.skewed(0...2 * second))
        self.after(self.plan.troubleInterval + 5 * second, .trouble)
        self.queue.schedule(.heal, at: self.plan.troublesEnd)
        self.after(second, .publish)
        self.after(second, .operate)
    }

    private func handle(_ event: Event) {
        switch event {
        case .worker(let id, let inner):
            let process = self.processes[id]
            guard process.isAlive else { return }
            guard !process.isFrozen else {
                process.backlog.append(event)
                return
            }
            self.handle(inner, of: process)
        case .coordinator(let id, let inner):
            let run = self.coordinators[id]
            guard run.isAlive else { return }
            guard !run.isFrozen else {
                run.backlog.append(event)
                return
            }
            self.handle(inner, of: run)
        case .controlUp(let id): self.deliverUp(self.links[id], event)
        case .controlDown(let id): self.deliverDown(self.links[id], event)
        case .toGateway(let id): self.deliverToGateway(self.connections[id])
        case .fromGateway(let id): self.deliverFromGateway(self.connections[id], event)
        case .gatewayTick: self.tickGateway()
        case .publish: self.publish()
        case .operate: self.operate()
        case .storeLands(let id): self.storeLands(self.coordinators[id])
        case .storeAnswers(let id): self.storeAnswers(self.coordinators[id])
        case .watchdog(let id): self.watchdog(self.processes[id])
        case .startWorker(let host): self.startWorker(on: host)
        case .startCoordinator: self.startCoordinator()
        case .trouble: self.makeTrouble()
        case .troubleOver(let ending): self.end(ending)
        case .heal: self.heal()
        case .judge: self.judge()
        }
    }
}
