import GatewayModel
import Logging
import NIOCore
import Synchronization

// Between the group's machine and its shards: asks the one, and does to the others what it answers.
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
        let begun = self.change { state -> ([GroupMachine.Effect], Result<ReshardLatch, ReshardError>) in
            do throws(ReshardError) {
                let effects = try ask(&state.machine)
                let latch = ReshardLatch()
                state.reshard = latch
                return (effects, .success(latch))
            } catch {
                return ([], .failure(error))
            }
        }
        return try begun.get()
    }

    /// - Returns: its number: no later presence of all shards is set as long as `isLatest(number)`.
    func retain(_ presence: Presence) -> Int {
        self.state.withLock { state in
            state.presence = presence
            state.presences += 1
            return state.presences
        }
    }

    func isLatest(_ number: Int) -> Bool { self.state.withLock { $0.presences == number } }

    static func check(_ states: [ShardState], _ configuration: ShardGroupConfiguration) throws(OperatorMistake) {
        for state in states { try configuration.configuration(of: state).check() }
    }

    static func cells(matching matchers: [ShardMatcher], in state: State) -> [ShardCell] {
        state.cells.keys.sorted().compactMap { state.cells[$0] }.filter { cell in
            matchers.matchAny(cell.identity, sessionID: cell.sessionID)
        }
    }

    func cell(for state: ShardState) -> ShardCell {
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
    func add(_ cell: ShardCell) throws(ShardGroupError) -> ShardCell? {
        let refusal = self.change { state -> ([GroupMachine.Effect], GroupMachine.AttachRefusal?) in
            do throws(GroupMachine.AttachRefusal) {
                let effects = try state.machine.attachRequested(cell.identity)
                state.cells[cell.identity] = cell
                return (effects, nil)
            } catch {
                return ([], error)
            }
        }
        guard let refusal else { return cell }
        cell.neverRan()
        switch refusal {
        case .groupEnded: throw .ended
        case .isPresent: return nil
        }
    }

    func run(_ cell: ShardCell) async {
        await cell.run(
            self.configuration.configuration(of: cell.initial), presence: { self.state.withLock { $0.presence } }, gate: self.gate,
            logger: self.configuration.logger,
            gateFailed: { self.gateFailed($0, for: cell.identity) },
            listener: { event in
                if case .phase(let phase) = event { self.decide { $0.phaseChanged(cell.identity, to: phase) } }
            },
            ending: { end in self.decide { $0.ended(cell.identity, end) } })
    }

    func neverRan(_ cell: ShardCell) {
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
    func decide(_ ask: (inout GroupMachine) -> [GroupMachine.Effect]) {
        self.change { (ask(&$0.machine), ()) }
    }

    /// The same, with a change of the state that belongs to it.
    func change<Value>(_ ask: (inout State) -> ([GroupMachine.Effect], Value)) -> Value {
        let (value, isPerforming) = self.state.withLock { state in
            let (effects, value) = ask(&state)
            state.effects += effects.map { effect in (effect, effect.shards.compactMap { state.cells[$0] }) }
            for case .reshardSettled in effects { state.settled.append(state.reshard.take()) }
            defer { state.isPerforming = true }
            return (value, state.isPerforming)
        }
        guard !isPerforming else { return value }
        while true {
            let effects = self.state.withLock { state in
                defer { state.effects = [] }
                state.isPerforming = !state.effects.isEmpty
                return state.effects
            }
            guard !effects.isEmpty else { return value }
            for (effect, cells) in effects { self.perform(effect, cells) }
        }
    }

    /// - Parameter cells: of the shards that the effect is for.
    private func perform(_ effect: GroupMachine.Effect, _ cells: [ShardCell]) {
        switch effect {
        case .report(let event): self.report(event)
        // Nothing takes it any more where the group ended meanwhile: `ShardGroup.run` sees to those.
        case .start: for cell in cells { self.toJobs.yield(.run(cell)) }
        case .stop(_, let mode): for cell in cells { cell.stop(mode, isFinal: false) }
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

    func stop(_ mode: GroupStop) {
        let (cells, before) = self.change { state in
            let before = state.machine.run
            return (state.machine.stopRequested(), (state.cells.keys.sorted().compactMap { state.cells[$0] }, before))
        }
        self.stopping.set(())
        self.toJobs.finish()
        switch before {
        case .notBegun:
            for cell in cells { self.neverRan(cell) }
            self.finish()
        case .running, .stopping: for cell in cells { cell.stop(mode, isFinal: true) }
        case .ended: break
        }
    }

    /// Behind all that was decided before, which another thread may be about to perform.
    func finish() {
        self.decide { $0.runEnded() }
    }
}

extension GroupMachine.Effect {
    /// Those that something is done to.
    fileprivate var shards: [ShardIdentity] {
        switch self {
        case .start(let shard): [shard]
        case .stop(let shards, _): shards
        case .report, .fail, .askForBot, .attach, .forget, .reshardSettled, .end: []
        }
    }
}
