public import GatewayModel
import Logging
import NIOCore
import Synchronization

/// Runs shards in this process: one, some, or a whole bot. Shards come and go while it runs, and move to other processes without losing an event.
///
/// ```swift
/// let group = try await ShardGroup.connect(configuration, api: client)
/// try await withThrowingTaskGroup(of: Void.self) { tasks in
///     tasks.addTask { try await group.run() }
///     for await event in group.events { … }
/// }
/// ```
///
/// Shards with a session RESUME at once; those without one IDENTIFY as the gate allows. Everything lives in `run()`: cancelling its task closes every
/// shard resumably, and `snapshot` has the sessions.
public final class ShardGroup: Sendable {
    let configuration: ShardGroupConfiguration
    private let gate: any IdentifyGate
    let api: GatewayBotClient?
    private let delivery: GroupDelivery
    private let buffer: EventBuffer?
    private let state: Mutex<State>
    private let jobs: AsyncStream<Job>
    private let toJobs: AsyncStream<Job>.Continuation
    let stopping = Latch<Void>()
    private let ended = Latch<Void>()

    /// What `run` does in a task of its own.
    private enum Job {
        case run(ShardCell)
        case askForBot
    }

    private struct State {
        var machine: GroupMachine
        var cells: [ShardIdentity: ShardCell] = [:]
        var run = Run.notBegun
        var failure: ShardGroupError?
        /// What every shard shows, also those to come.
        var presence: Presence?
        /// Effects of the machine leave in its order.
        var effects: [GroupMachine.Effect] = []
        var isPerforming = false
        /// Of the re-shard under way, where somebody waits for it.
        var reshard: ReshardLatch?
        /// For each `reshardSettled` among the effects: another re-shard may begin before it is performed.
        var settled: [ReshardLatch?] = []
    }

    typealias ReshardLatch = Latch<ReshardError?>

    private enum Run {
        case notBegun, running, stopping, ended
    }

    /// A group of these shards, which start with `run()`; more can be attached later. None at all is fine.
    ///
    /// - Parameters:
    ///   - configuration: of all shards; its gateway URL must be set.
    ///   - shards: each at most once. A state with a session is RESUMEd.
    ///   - gate: shared by all groups of one bot.
    ///   - api: whom a re-shard asks for Discord's count and the day's budget. With it a group that runs a whole shard set re-shards by itself, where its
    ///     configuration does not forbid it.
    ///   - delivery: how events come.
    /// - Throws: `OperatorMistake` for what Discord would refuse for good.
    public init(
        _ configuration: ShardGroupConfiguration, shards: [ShardState], gate: any IdentifyGate, api: GatewayBotClient? = nil,
        delivery: GroupDelivery = .sequence()
    ) throws {
        try configuration.check()
        var configuration = configuration
        if configuration.shard.dialPacer == nil { configuration.shard.dialPacer = DialPacer(perSecond: Double(configuration.dialsPerSecond)) }
        self.configuration = configuration
        self.gate = gate
        self.api = api
        self.delivery = delivery
        switch delivery {
        case .sequence(let limits): self.buffer = EventBuffer(limits: limits)
        case .inline: self.buffer = nil
        }
        // Bounded by the shards that are attached, and one re-shard.
        (self.jobs, self.toJobs) = AsyncStream.makeStream(bufferingPolicy: .unbounded)
        let machine = GroupMachine(
            isAutomatic: configuration.resharding == .automatic && api != nil, followsRecommendation: configuration.followsRecommendation)
        self.state = Mutex(State(machine: machine))
        try Self.check(shards, configuration)
        guard Set(shards.map(\.shard)).count == shards.count else {
            throw OperatorMistake(what: "a shard is given twice", why: "one process runs each shard once", fix: "give each shard once")
        }
        for shard in shards { _ = try self.add(self.cell(for: shard)) }
    }

    /// The events of all shards, for one consumer. Only where delivery is a `sequence`.
    public var events: GatewayEvents {
        guard let buffer else { preconditionFailure("this group delivers inline, to handlers: it has no sequence of events") }
        return GatewayEvents(buffer: buffer)
    }

    /// Runs the shards until `shutdown`, cancellation, or something fatal. Once. A group without shards stays alive: more can be attached.
    ///
    /// - Throws: `ShardGroupError` where a close code or the gate ended it. Every other shard was then closed resumably.
    public func run() async throws(ShardGroupError) {
        let isFirst = self.state.withLock { state in
            guard case .notBegun = state.run else { return false }
            state.run = .running
            return true
        }
        guard isFirst else { throw .ended }
        await withTaskCancellationHandler {
            await withTaskGroup(of: Void.self) { beside in
                beside.addTask { await FreeHeap.giveBackWhileRunning() }
                beside.addTask { await self.watchRecommendation() }
                await withDiscardingTaskGroup { tasks in
                    for await job in self.jobs {
                        switch job {
                        case .run(let cell): tasks.addTask { await self.run(cell) }
                        case .askForBot: tasks.addTask { await self.askForBot() }
                        }
                    }
                }
                beside.cancelAll()
            }
        } onCancel: {
            self.stop(.handOff)
        }
        let (failure, cells) = self.state.withLock { state in
            state.run = .ended
            return (state.failure, state.cells.keys.sorted().compactMap { state.cells[$0] })
        }
        // Attached in the moment of the end: they never began.
        for cell in cells { self.neverRan(cell) }
        self.finish()
        await self.ended.wait()
        if let failure { throw failure }
    }

    // MARK: Shards that come and go

    /// Adds shards. Those with a session RESUME at once, all at the same time; the others IDENTIFY as the gate allows.
    ///
    /// - Returns: in the order of `states`, when each shard is live or has ended. An IDENTIFY may have to wait its turn for a long time; a caller that is
    ///   cancelled stops waiting, and the shards stay.
    /// - Throws: `OperatorMistake` for a state that cannot be, `ShardGroupError.ended`, `CancellationError`. After the first two nothing was added.
    public func attach(_ states: [ShardState]) async throws -> [AttachResult] {
        try Self.check(states, self.configuration)
        var cells: [ShardCell?] = []
        for state in states { cells.append(try self.add(self.cell(for: state))) }
        var results: [AttachResult] = []
        for (state, cell) in zip(states, cells) {
            results.append(AttachResult(shard: state.shard, outcome: try await cell?.outcome.waitOrCancel() ?? .alreadyAttached))
        }
        return results
    }

    /// Takes shards out: one operation that stops reading, lets the consumer take what was delivered (for at most 2 s), closes with 4000, and returns what
    /// another group needs to go on without a gap. What the consumer did not take is not delivered here any more; Discord sends it to the next owner.
    ///
    /// The group goes on, also without shards.
    public func detach(matching matchers: [ShardMatcher] = [.all]) async -> [ShardState] {
        let (cells, hasBegun) = self.state.withLock { state -> ([ShardCell], Bool) in
            let cells = Self.cells(matching: matchers, in: state)
            if case .notBegun = state.run {
                for cell in cells { state.cells[cell.identity] = nil }
                return (cells, false)
            }
            return (cells, true)
        }
        for cell in cells { if hasBegun { cell.stop(.handOff, isFinal: false) } else { self.neverRan(cell) } }
        var states: [ShardState] = []
        for cell in cells {
            states.append(await cell.ended.wait())
            self.state.withLock { state in
                if state.cells[cell.identity] === cell { state.cells[cell.identity] = nil }
            }
        }
        return states
    }

    /// The shards as they are now, by set and id; after the end, as they were then. A session's sequence is the last one that the consumer took.
    public func snapshot(matching matchers: [ShardMatcher] = [.all]) -> [ShardState] {
        self.state.withLock { Self.cells(matching: matchers, in: $0) }.map(\.snapshot)
    }

    /// Ends the run, and returns when it has ended. Where the consumer of `events` is who calls it, the event in its hands counts as not taken, and comes
    /// again with the next RESUME. Calling it again waits as well; `invalidate` after `resumable` still ends what is not closed yet.
    public func shutdown(_ mode: ShutdownMode) async {
        self.stop(mode == .invalidate ? .retire(.invalidated) : .handOff)
        await self.ended.wait()
    }

    // MARK: For handlers with manual acceptance

    /// Everything up to `sequence` of this session is taken care of.
    public func accepted(_ shard: ShardIdentity, sequence: Int64, sessionID: String) {
        self.state.withLock { $0.cells[shard] }?.accepted(EventPosition(sequence: sequence, sessionID: sessionID))
    }

    /// Answers `ShardEvent.phase(.stopping)`: everything that was received is taken care of, and `accepted` said so. Without it a shard waits 2 s.
    public func flushed(_ shard: ShardIdentity) {
        self.state.withLock { $0.cells[shard] }?.drained()
    }

    /// Ends what a handler's `Delivery.pauseReading` began.
    public func resumeReading(_ shard: ShardIdentity) {
        self.state.withLock { $0.cells[shard] }?.resumeReading()
    }
}

// MARK: Parts

extension ShardGroup {
    /// For commands: the guild's shard.
    func route(guild: UInt64, numShards: Int?) -> GroupMachine.Route {
        self.state.withLock { $0.machine.route(guild: guild, numShards: numShards) }
    }

    /// For commands: `nil` where the shard does not run here.
    func running(_ shard: ShardIdentity) -> GatewayShard? {
        self.state.withLock { $0.cells[shard] }?.shard
    }

    /// For commands: those that run here, in order.
    func running(matching matchers: [ShardMatcher]) -> [(shard: ShardIdentity, run: GatewayShard)] {
        self.state.withLock { Self.cells(matching: matchers, in: $0) }.compactMap { cell in cell.shard.map { (cell.identity, $0) } }
    }

    /// Begins a re-shard, or says why not.
    func begin(_ ask: (inout GroupMachine) throws(ReshardError) -> [GroupMachine.Effect]) throws(ReshardError) -> ReshardLatch {
        let latch = ReshardLatch()
        var refusal: ReshardError?
        self.decide { machine in
            do throws(ReshardError) {
                return try ask(&machine)
            } catch {
                refusal = error
                return []
            }
        } alongside: { state in
            if refusal == nil { state.reshard = latch }
        }
        if let refusal { throw refusal }
        return latch
    }

    func retain(_ presence: Presence) {
        self.state.withLock { $0.presence = presence }
    }

    private static func check(_ states: [ShardState], _ configuration: ShardGroupConfiguration) throws(OperatorMistake) {
        for state in states { try configuration.configuration(of: state).check() }
    }

    private static func cells(matching matchers: [ShardMatcher], in state: State) -> [ShardCell] {
        state.cells.keys.sorted().compactMap { state.cells[$0] }.filter { cell in
            matchers.matchAny(cell.identity, sessionID: cell.sessionID)
        }
    }

    private func cell(for state: ShardState) -> ShardCell {
        var state = state
        let configuration = self.configuration.configuration(of: state)
        state.intents = configuration.intents
        state.compression = configuration.compression
        state.encoding = configuration.encoding
        let eventLoop = self.configuration.eventLoopGroup.next()
        switch self.delivery {
        case .sequence:
            guard let buffer = self.buffer else { preconditionFailure("a sequence without a buffer") }
            let lane = EventLane(buffer: buffer, slot: buffer.open(state.shard), eventLoop: eventLoop)
            return ShardCell(state, outlet: .buffer(lane), eventLoop: eventLoop)
        case .inline(let acceptance, let handler, let lifecycle):
            let outlet = InlineOutlet(handler: handler(state.shard), lifecycle: lifecycle, acceptance: acceptance)
            return ShardCell(state, outlet: .inline(outlet), eventLoop: eventLoop)
        }
    }

    /// - Returns: `nil` where the shard runs here already.
    private func add(_ cell: ShardCell) throws(ShardGroupError) -> ShardCell? {
        let refusal = self.state.withLock { state -> AddRefusal? in
            switch state.run {
            case .stopping, .ended: return .ended
            case .notBegun, .running: break
            }
            if let present = state.cells[cell.identity], present.ended.value == nil { return .isPresent }
            state.cells[cell.identity] = cell
            state.machine.attached(cell.identity)
            return nil
        }
        guard let refusal else {
            self.toJobs.yield(.run(cell))
            return cell
        }
        cell.neverRan()
        switch refusal {
        case .ended: throw .ended
        case .isPresent: return nil
        }
    }

    private enum AddRefusal {
        case ended, isPresent
    }

    private func run(_ cell: ShardCell) async {
        // Detached before it began.
        guard self.state.withLock({ $0.cells[cell.identity] === cell }) else { return }
        var configuration = self.configuration.configuration(of: cell.initial)
        if let presence = self.state.withLock({ $0.presence }) { configuration.presence = presence }
        await cell.run(
            configuration, gate: self.gate, logger: self.configuration.logger,
            gateFailed: { self.gateFailed($0, for: cell.identity) },
            listener: { event in
                if case .phase(let phase) = event { self.decide { $0.phaseChanged(cell.identity, to: phase) } }
            },
            ending: { end in self.decide { $0.ended(cell.identity, end) } })
    }

    private func neverRan(_ cell: ShardCell) {
        cell.neverRan { end in self.decide { $0.ended(cell.identity, end) } }
    }

    private func gateFailed(_ error: any Error, for shard: ShardIdentity) {
        self.configuration.logger.error("The identify gate failed", metadata: [LogKey.reason: "\(error)"])
        var isOfReshard = false
        self.decide { machine in
            let effects = machine.gateFailed(for: shard, "\(error)")
            isOfReshard = effects != nil
            return effects ?? []
        }
        guard !isOfReshard else { return }
        self.fail(error as? GatewayBotError == .unauthorized ? .unauthorized : .identifyGate(error))
    }

    /// The first failure is the run's.
    private func fail(_ error: ShardGroupError) {
        self.state.withLock { state in
            if state.failure == nil { state.failure = error }
        }
        self.stop(.handOff)
    }

    /// Asks the machine, and performs what it answers: in its order, whoever asked, and without the lock.
    ///
    /// - Parameter alongside: changes the state under the same lock.
    private func decide(_ ask: (inout GroupMachine) -> [GroupMachine.Effect], alongside: (inout State) -> Void) {
        let isPerforming = self.state.withLock { state in
            let effects = ask(&state.machine)
            state.effects += effects
            for case .reshardSettled in effects { state.settled.append(state.reshard.take()) }
            alongside(&state)
            defer { state.isPerforming = true }
            return state.isPerforming
        }
        guard !isPerforming else { return }
        while true {
            let effects = self.state.withLock { state in
                defer { state.effects = [] }
                state.isPerforming = !state.effects.isEmpty
                return state.effects
            }
            guard !effects.isEmpty else { return }
            for effect in effects { self.perform(effect) }
        }
    }

    func decide(_ ask: (inout GroupMachine) -> [GroupMachine.Effect]) {
        self.decide(ask, alongside: { _ in })
    }

    private func perform(_ effect: GroupMachine.Effect) {
        switch effect {
        case .report(let event): self.report(event)
        case .stop(let shards, let mode):
            let cells = self.state.withLock { state in shards.compactMap { state.cells[$0] } }
            for cell in cells { cell.stop(mode, isFinal: false) }
        case .fail(let shard, let code): self.fail(.fatalClose(shard, code: code))
        case .askForBot: self.toJobs.yield(.askForBot)
        case .attach(let shards):
            // Only a group that ends takes none, and then nothing comes of the re-shard.
            for shard in shards { _ = try? self.add(self.cell(for: ShardState(id: shard.id, numShards: shard.numShards))) }
        case .forget(let numShards):
            self.state.withLock { state in
                let attached = Set(state.machine.shards)
                state.cells = state.cells.filter { $0.key.numShards != numShards || attached.contains($0.key) }
            }
        case .reshardSettled(let error): self.state.withLock { $0.settled.removeFirst() }?.set(error)
        case .end:
            self.buffer?.finish()
            self.ended.set(())
        }
    }

    private func report(_ event: LifecycleEvent) {
        switch event {
        case .reshardBegan, .reshardEnded: self.configuration.logger.notice("Re-shard", metadata: [LogKey.event: "\(event)"])
        case .reshardFailed(_, _, let error): self.configuration.logger.error("No re-shard", metadata: [LogKey.reason: "\(error)"])
        default: break
        }
        switch self.delivery {
        case .sequence: self.buffer?.append(event)
        case .inline(_, _, let lifecycle): lifecycle(event)
        }
    }

    private func stop(_ mode: GroupStop) {
        self.decide { $0.stopRequested() }
        self.stopping.set(())
        let (cells, neverBegan) = self.state.withLock { state -> ([ShardCell], Bool) in
            let cells = state.cells.keys.sorted().compactMap { state.cells[$0] }
            switch state.run {
            case .notBegun:
                state.run = .ended
                return (cells, true)
            case .running, .stopping:
                state.run = .stopping
                return (cells, false)
            case .ended: return ([], false)
            }
        }
        self.toJobs.finish()
        for cell in cells { if neverBegan { self.neverRan(cell) } else { cell.stop(mode, isFinal: true) } }
        if neverBegan { self.finish() }
    }

    /// Behind all that was decided before, which another thread may be about to perform.
    private func finish() {
        self.decide { $0.runEnded() }
    }
}
