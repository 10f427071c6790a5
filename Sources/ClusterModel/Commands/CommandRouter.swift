import GatewayModel
import HeapModule

/// Brings commands to whoever holds their shards, in the order in which they came for each shard, within their deadlines or not at all.
///
/// Every request is answered once. A command that surely was not sent goes to the shard's next holder; one whose worker died without an answer may have
/// been sent, so it is given up. All that is told for one shard is with one lease at a time: what comes back from it is looked at before the next holder is
/// told anything.
struct CommandRouter: Sendable {
    /// Who runs a shard now.
    struct Holder: Hashable, Sendable {
        var lease: ShardLease
        var worker: StableID
        var incarnation: Incarnation
    }

    enum Place: Hashable, Sendable {
        case held(Holder)
        /// It will be: what is for it waits.
        case nobody
        /// Nobody will run it, for this reason.
        case never(OperatorMistake)
    }

    struct Told: Hashable, Sendable {
        var ticket: CommandTicket
        var holder: Holder
        var command: GatewayCommand
        /// What is left of its time.
        var limit: Duration
    }

    struct Answer: Hashable, Sendable {
        var request: RequestID
        /// The shard it was sent over.
        var result: Result<ShardID, CommandFailure>
    }

    /// When `timePassed` is wanted next; may be past.
    var deadline: Instant? { self.times.min?.at }
    /// Commands without an answer.
    var count: Int { self.open.count }

    init(epoch: CoordinatorEpoch) {
        self.epoch = epoch
    }

    // MARK: Requests

    /// - Returns: why it is refused; `nil`: it is in, and answered later.
    mutating func accept(_ id: RequestID, _ request: CommandRequest, numShards: Int, at now: Instant) -> CommandFailure? {
        let route: CommandRequest.Route
        do {
            route = try request.route(numShards: numShards)
        } catch {
            return error
        }
        let shard = route.shard(of: numShards)
        guard self.open.count < CommandBounds.total else { return .queueFull(limit: CommandBounds.total, of: .cluster) }
        guard self.lanes[shard]?.numbers.count ?? 0 < CommandBounds.perShard else { return .queueFull(limit: CommandBounds.perShard, of: .shard) }
        let number = self.nextNumber
        self.nextNumber += 1
        self.open[number] = Open(
            number: number, request: id, command: request.command, route: route, shard: shard, limit: request.limit, deadline: now + request.limit)
        self.lanes[shard, default: Lane()].numbers.append(number)
        self.unsettled.insert(shard)
        self.times.insert(Due(at: now + request.limit, number: number))
        return nil
    }

    /// Shards for which something waits, ascending.
    var waiting: [ShardID] { self.unsettled.sorted() }

    /// Tells what may be told now.
    ///
    /// - Parameter places: of the shards in `waiting`.
    mutating func tell(_ places: [(shard: ShardID, place: Place)], at now: Instant, _ answers: inout [Answer]) -> [Told] {
        var told: [Told] = []
        for (shard, place) in places {
            switch place {
            case .nobody: continue
            case .never(let why):
                for number in self.lanes[shard]?.numbers ?? [] where self.open[number]!.told == nil { self.end(number, .failure(.notRunning(why)), &answers) }
            case .held(let holder): self.tell(shard, holder, at: now, &told)
            }
            if self.lanes[shard].map({ lane in lane.numbers.allSatisfy { self.open[$0]!.told != nil } }) ?? true { self.unsettled.remove(shard) }
        }
        return told
    }

    private mutating func tell(_ shard: ShardID, _ holder: Holder, at now: Instant, _ told: inout [Told]) {
        guard let lane = self.lanes[shard] else { return }
        if let pause = lane.pause, pause.lease == holder.lease, now < pause.until { return }
        // What is told comes first, and all of it is with this lease: else something is still to come back, and goes before what is told now.
        var sawWaiting = false
        for number in lane.numbers {
            switch self.open[number]!.told {
            case nil: sawWaiting = true
            case .some(let other): guard !sawWaiting, other.holder == holder else { return }
            }
        }
        for number in lane.numbers where self.open[number]!.told == nil {
            let entry = self.open[number]!
            guard now < entry.deadline else { continue }  // it ends with the next look at the clock
            let ticket = CommandTicket(epoch: self.epoch, number: self.nextTicket)
            self.nextTicket += 1
            self.open[number]!.told = Delivery(ticket: ticket.number, holder: holder)
            self.tickets[ticket.number] = number
            told.append(Told(ticket: ticket, holder: holder, command: entry.command, limit: entry.deadline - now))
        }
    }

    // MARK: Workers

    mutating func ended(_ ticket: CommandTicket, _ outcome: ForwardOutcome, at now: Instant, _ answers: inout [Answer]) {
        // Of an earlier coordinator, or answered already.
        guard ticket.epoch == self.epoch, let number = self.tickets[ticket.number], let entry = self.open[number], let told = entry.told else { return }
        switch outcome {
        case .sent: self.end(number, .success(told.holder.lease.key.shard), &answers)
        case .notSent, .notHeld:
            self.lanes[entry.shard]?.pause = (told.holder.lease, now + CommandBounds.pause)
            self.times.insert(Due(at: now + CommandBounds.pause, number: 0))
            self.takeBack(number, at: now, &answers)
        case .rateLimited(let retryAfter): self.end(number, .failure(.rateLimited(retryAfter: retryAfter)), &answers)
        case .tooLarge(let bytes, let limit): self.end(number, .failure(.tooLarge(bytes: bytes, limit: limit)), &answers)
        case .queueFull(let limit): self.end(number, .failure(.queueFull(limit: limit, of: .shard)), &answers)
        case .invalid(let mistake): self.end(number, .failure(.invalid(mistake)), &answers)
        }
    }

    /// A worker opened a new stream: what it was told on the old one and does not know of never reached it, and never will.
    mutating func greeted(
        by worker: StableID, _ incarnation: Incarnation, knowing reports: [CommandReport], at now: Instant, _ answers: inout [Answer]
    ) {
        for report in reports { if let outcome = report.outcome { self.ended(report.ticket, outcome, at: now, &answers) } }
        let known = Set(reports.map(\.ticket))
        for (number, told) in self.told(to: worker) {
            if told.holder.incarnation != incarnation {
                self.end(number, .failure(.unknown("the worker that had it ended, and said nothing of it")), &answers)
            } else if !known.contains(CommandTicket(epoch: self.epoch, number: told.ticket)) {
                self.takeBack(number, at: now, &answers)
            }
        }
    }

    /// It answered all that it had: the rest was still on its way.
    mutating func saidGoodbye(_ worker: StableID, at now: Instant, _ answers: inout [Answer]) {
        for (number, _) in self.told(to: worker) { self.takeBack(number, at: now, &answers) }
    }

    /// It is dead, or counts as dead.
    mutating func lost(_ worker: StableID, _ answers: inout [Answer]) {
        for (number, _) in self.told(to: worker) { self.end(number, .failure(.unknown("the worker that had it is gone, and said nothing of it")), &answers) }
    }

    // MARK: The shard set

    /// What goes by guild finds its new shard, in the order in which it came; what goes by number means nothing any more.
    mutating func shardSetReplaced(numShards: Int, _ answers: inout [Answer]) {
        self.lanes = [:]
        self.unsettled = []
        for number in self.open.keys.sorted() {
            let entry = self.open[number]!
            switch entry.route {
            case .shard:
                self.open[number]!.isOutdated = true
                if entry.told == nil { self.end(number, .failure(.notRunning(Self.replaced(entry.shard))), &answers) }
            case .guild:
                let shard = entry.route.shard(of: numShards)
                self.open[number]!.shard = shard
                self.lanes[shard, default: Lane()].numbers.append(number)
                self.unsettled.insert(shard)
            }
        }
    }

    /// Nothing is sent any more: what waits ends now, what a worker has ends with its answer.
    mutating func stop(because why: OperatorMistake, _ answers: inout [Answer]) {
        self.stopped = why
        for number in self.open.keys.sorted() where self.open[number]!.told == nil { self.end(number, .failure(.notRunning(why)), &answers) }
    }

    /// This coordinator ends: all are answered now.
    mutating func close(because why: OperatorMistake, _ answers: inout [Answer]) {
        self.stop(because: why, &answers)
        for number in self.open.keys.sorted() {
            self.end(number, .failure(.unknown("\(why.what) before its worker had answered")), &answers)
        }
    }

    // MARK: Time

    mutating func timePassed(to now: Instant, _ answers: inout [Answer]) {
        while let due = self.times.min {
            guard let entry = self.open[due.number] else {
                // It has ended; or a pause, which `tell` looks at.
                guard due.number != 0 || due.at <= now else { return }
                self.times.removeMin()
                continue
            }
            guard due.at <= now else { return }
            self.times.removeMin()
            if entry.told == nil {
                self.end(due.number, .failure(.expired(within: entry.limit)), &answers)
            } else if now >= entry.deadline + CommandBounds.answerGrace {
                self.end(due.number, .failure(.unknown("its worker did not say in time whether it was sent")), &answers)
            } else {
                self.times.insert(Due(at: entry.deadline + CommandBounds.answerGrace, number: due.number))
            }
        }
    }

    // MARK: State

    private let epoch: CoordinatorEpoch
    private var nextNumber: Int64 = 1
    private var nextTicket: Int64 = 1
    private var open: [Int64: Open] = [:]
    /// What is told, by its ticket.
    private var tickets: [Int64: Int64] = [:]
    private var lanes: [ShardID: Lane] = [:]
    /// Lanes in which something waits.
    private var unsettled: Set<ShardID> = []
    private var times = Heap<Due>()
    private var stopped: OperatorMistake?

    private struct Open: Sendable {
        /// In the order of arrival.
        let number: Int64
        let request: RequestID
        let command: GatewayCommand
        let route: CommandRequest.Route
        /// Of the present set.
        var shard: ShardID
        let limit: Duration
        let deadline: Instant
        var told: Delivery?
        /// For a shard of a set that was replaced: it is in no lane.
        var isOutdated = false
    }

    private struct Delivery: Hashable, Sendable {
        var ticket: Int64
        var holder: Holder
    }

    private struct Lane: Sendable {
        /// Ascending.
        var numbers: [Int64] = []
        var pause: (lease: ShardLease, until: Instant)?
    }

    private struct Due: Comparable, Sendable {
        var at: Instant
        /// 0: a pause ends.
        var number: Int64

        static func < (left: Due, right: Due) -> Bool { (left.at, left.number) < (right.at, right.number) }
    }

    private func told(to worker: StableID) -> [(number: Int64, told: Delivery)] {
        self.tickets.values.sorted().compactMap { number in
            guard let told = self.open[number]?.told, told.holder.worker == worker else { return nil }
            return (number, told)
        }
    }

    /// It surely was not sent: it waits again, in its place.
    private mutating func takeBack(_ number: Int64, at now: Instant, _ answers: inout [Answer]) {
        guard let entry = self.open[number], let told = entry.told else { return }
        self.open[number]!.told = nil
        self.tickets[told.ticket] = nil
        if let stopped = self.stopped {
            self.end(number, .failure(.notRunning(stopped)), &answers)
        } else if entry.isOutdated {
            self.end(number, .failure(.notRunning(Self.replaced(entry.shard))), &answers)
        } else if now >= entry.deadline {
            self.end(number, .failure(.expired(within: entry.limit)), &answers)
        } else {
            self.unsettled.insert(entry.shard)
        }
    }

    private mutating func end(_ number: Int64, _ result: Result<ShardID, CommandFailure>, _ answers: inout [Answer]) {
        guard let entry = self.open.removeValue(forKey: number) else { return }
        if let told = entry.told { self.tickets[told.ticket] = nil }
        answers.append(Answer(request: entry.request, result: result))
        guard !entry.isOutdated, var lane = self.lanes[entry.shard] else { return }
        lane.numbers.removeAll { $0 == number }
        self.lanes[entry.shard] = lane.numbers.isEmpty ? nil : lane
        if lane.numbers.isEmpty { self.unsettled.remove(entry.shard) }
    }

    private static func replaced(_ shard: ShardID) -> OperatorMistake {
        OperatorMistake(
            what: "the command was not sent", why: "a re-shard replaced the set that shard \(shard) belonged to",
            fix: "send it to the guild, or to the new shard")
    }
}
