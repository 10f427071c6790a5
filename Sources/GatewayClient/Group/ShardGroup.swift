public import GatewayModel
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
    let gate: any IdentifyGate
    let api: GatewayBotClient?
    let delivery: GroupDelivery
    let buffer: EventBuffer?
    let state: Mutex<State>
    let jobs: AsyncStream<Job>
    let toJobs: AsyncStream<Job>.Continuation
    let stopping = Latch<Void>()
    let ended = Latch<Void>()

    /// What `run` does in a task of its own.
    enum Job {
        case run(ShardCell)
        case askForBot
    }

    struct State {
        var machine: GroupMachine
        var cells: [ShardIdentity: ShardCell] = [:]
        var failure: ShardGroupError?
        /// What every shard shows, also those to come.
        var presence: Presence?
        /// How often that was set.
        var presences = 0
        /// Effects of the machine leave in its order, for the shards that they named when they were decided: one that is attached later is another.
        var effects: [(effect: GroupMachine.Effect, cells: [ShardCell])] = []
        var isPerforming = false
        /// Of the re-shard under way, where somebody waits for it.
        var reshard: ReshardLatch?
        /// For each `reshardSettled` among the effects: another re-shard may begin before it is performed.
        var settled: [ReshardLatch?] = []
    }

    typealias ReshardLatch = Latch<ReshardError?>

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
        var isFirst = false
        self.decide { machine in
            let effects = machine.runRequested()
            isFirst = effects != nil
            return effects ?? []
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
            (state.failure, state.cells.keys.sorted().compactMap { state.cells[$0] })
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
        let (cells, hasEnded) = self.change { state in
            let cells = Self.cells(matching: matchers, in: state)
            guard let effects = state.machine.detachRequested(cells.map { ($0.identity, $0.initial.session) }) else { return ([], (cells, false)) }
            for cell in cells { state.cells[cell.identity] = nil }
            return (effects, (cells, true))
        }
        for cell in cells { if hasEnded { cell.neverRan() } else { cell.stop(.handOff, isFinal: false) } }
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
