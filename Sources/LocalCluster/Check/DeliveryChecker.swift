/// Judges delivery from outside the workers: what the simulator's ledger says was due, against what the workers' files hold.
///
/// Order of a round: learn the simulator's time, read the ledger, read the files to their ends, then `judge`. An event that was accepted by that
/// time is then surely seen.
struct DeliveryChecker: Sendable {
    /// How old a due event may be, in no file, in milliseconds of simulator time.
    static let patience: Int64 = 5_000
    /// The same where the worker of its session died meanwhile.
    static let patienceAfterDeath: Int64 = 20_000
    /// Epochs of one session that are told apart; a line of an older one counts as replay.
    static let epochsRemembered = 4

    struct Counts: Equatable, Sendable {
        /// Ledger lines that had to reach a file, those without a session included.
        var due = 0
        /// Of them, seen in a file.
        var accepted = 0
        /// Of them, too old and in no file.
        var lost = 0
        /// Fell between two shard sets of a re-shard, and declared as such.
        var declared = 0
        /// Dispatch lines in the files.
        var written = 0
        /// Dispatch lines that another epoch wrote before: the replay of a RESUME.
        var replayed = 0
        /// Dispatch lines that the same epoch wrote before.
        var repeated = 0
        /// `gap` lines.
        var gaps = 0
        /// Lines of files or ledger that could not be read.
        var unreadable = 0
    }

    private(set) var counts = Counts()
    /// Dispatch lines by worker.
    private(set) var writtenByWorker: [Int: Int] = [:]
    /// The last lines that were lost, at most 8, for the eye.
    private(set) var lately: [String] = []
    /// The last ledger line read; the next page begins after it.
    private(set) var cursor: Int64 = 0

    init() {}

    mutating func read(_ line: EventLine?, from worker: Int) {
        switch line {
        case .dispatch(let session, let sequence, let epoch):
            self.counts.written += 1
            self.writtenByWorker[worker, default: 0] += 1
            switch self.sessions[session, default: Session()].write(sequence, epoch: epoch, worker: worker) {
            case .first: break
            case .replayed: self.counts.replayed += 1
            case .repeated: self.counts.repeated += 1
            }
        case .control(let name):
            if name == "gap" { self.counts.gaps += 1 }
        case nil:
            self.counts.unreadable += 1
        }
    }

    mutating func read(_ line: LedgerLine?) {
        guard let line else {
            self.counts.unreadable += 1
            return
        }
        self.cursor = max(self.cursor, line.cursor)
        switch line.status {
        case .declared: self.counts.declared += 1
        case .unowned:
            self.counts.due += 1
            self.lose("event at \(line.at) ms: its shard had no session")
        case .due:
            guard let session = line.session, let sequence = line.sequence else { return self.counts.unreadable += 1 }
            self.counts.due += 1
            if self.sessions[session, default: Session()].seen.contains(sequence) {
                self.counts.accepted += 1
            } else {
                self.sessions[session, default: Session()].open.append(Open(sequence: sequence, at: line.at))
            }
        }
    }

    /// - Parameter now: milliseconds of simulator time.
    mutating func workerDied(_ worker: Int, at now: Int64) {
        for (id, session) in self.sessions where session.worker == nil || session.worker == worker {
            self.sessions[id]?.diedAt = now
        }
    }

    /// Every worker starts anew: what is open may take as long as after a death.
    mutating func everyWorkerStarted(at now: Int64) {
        for id in self.sessions.keys { self.sessions[id]?.diedAt = now }
    }

    /// Settles what is open: seen by now, or lost.
    /// - Parameter now: milliseconds of simulator time, learnt before ledger and files were read.
    mutating func judge(at now: Int64) {
        for (id, session) in self.sessions where !session.open.isEmpty {
            var still: [Open] = []
            for event in session.open {
                if session.seen.contains(event.sequence) {
                    self.counts.accepted += 1
                } else if now - event.at > session.patience(for: event) {
                    self.lose("session \(id) sequence \(event.sequence), due at \(event.at) ms, judged at \(now) ms")
                } else {
                    still.append(event)
                }
            }
            self.sessions[id]?.open = still
        }
    }

    /// Forgets sessions that the simulator no longer has, once nothing of them is open. Called at the end of a round, with what was alive at its
    /// start: one that first showed in this round stays, since it may have begun after that.
    mutating func forget(except alive: Set<String>) {
        self.sessions = self.sessions.filter { alive.contains($0.key) || $0.value.isNew || !$0.value.open.isEmpty }
        for id in self.sessions.keys { self.sessions[id]?.isNew = false }
    }

    /// The simulator's time of the oldest event that is neither seen nor lost yet.
    var oldestOpen: Int64? {
        self.sessions.values.flatMap(\.open).map(\.at).min()
    }

    var open: Int {
        self.sessions.values.reduce(0) { $0 + $1.open.count }
    }

    private var sessions: [String: Session] = [:]

    private mutating func lose(_ what: String) {
        self.counts.lost += 1
        self.lately.append(what)
        if self.lately.count > 8 { self.lately.removeFirst() }
    }

    private struct Open: Sendable {
        var sequence: Int64
        var at: Int64
    }

    private struct Session: Sendable {
        enum Written { case first, replayed, repeated }

        /// By any epoch.
        var seen = SequenceSet()
        /// By epoch, lowest first, at most `epochsRemembered`.
        var epochs: [(epoch: Int64, seen: SequenceSet)] = []
        var open: [Open] = []
        /// Until the end of the round that it first showed in.
        var isNew = true
        /// Who wrote last.
        var worker: Int?
        /// When the worker that held it died last.
        var diedAt: Int64?

        mutating func write(_ sequence: Int64, epoch: Int64, worker: Int) -> Written {
            self.worker = worker
            let isNew = self.seen.insert(sequence)
            guard let index = self.index(of: epoch) else { return isNew ? .first : .replayed }
            guard self.epochs[index].seen.insert(sequence) else { return .repeated }
            return isNew ? .first : .replayed
        }

        /// A death up to this much before the event fell due explains it as well: its shard was on its way back.
        func patience(for event: Open) -> Int64 {
            guard let diedAt, diedAt > event.at - DeliveryChecker.patienceAfterDeath else { return DeliveryChecker.patience }
            return DeliveryChecker.patienceAfterDeath
        }

        /// `nil` for an epoch older than those remembered.
        private mutating func index(of epoch: Int64) -> Int? {
            if let index = self.epochs.lastIndex(where: { $0.epoch == epoch }) { return index }
            let index = self.epochs.firstIndex(where: { $0.epoch > epoch }) ?? self.epochs.count
            if index == 0, self.epochs.count >= DeliveryChecker.epochsRemembered { return nil }
            self.epochs.insert((epoch, SequenceSet()), at: index)
            guard self.epochs.count > DeliveryChecker.epochsRemembered else { return index }
            self.epochs.removeFirst()
            return index - 1
        }
    }
}

extension DeliveryChecker {
    /// What the next `muster up` goes on from, so that an event left over by this one is still judged.
    struct Checkpoint: Codable, Equatable, Sendable {
        struct OpenEvent: Codable, Equatable, Sendable {
            var sequence: Int64
            var at: Int64
        }
        struct SessionState: Codable, Equatable, Sendable {
            var id: String
            /// First and last of each range.
            var seen: [[Int64]]
            /// The newest epoch that wrote, and its ranges.
            var epoch: Int64?
            var seenInEpoch: [[Int64]]
            var open: [OpenEvent]
        }

        var cursor: Int64
        var sessions: [SessionState]
    }

    var checkpoint: Checkpoint {
        Checkpoint(
            cursor: self.cursor,
            sessions: self.sessions.sorted { $0.key < $1.key }.map { id, session in
                Checkpoint.SessionState(
                    id: id, seen: session.seen.pairs, epoch: session.epochs.last?.epoch, seenInEpoch: session.epochs.last?.seen.pairs ?? [],
                    open: session.open.map { Checkpoint.OpenEvent(sequence: $0.sequence, at: $0.at) })
            })
    }

    /// Counts begin at 0; events left open are counted as due here.
    init(restoring checkpoint: Checkpoint) {
        self.cursor = checkpoint.cursor
        for state in checkpoint.sessions {
            var session = Session()
            session.seen = SequenceSet(pairs: state.seen)
            if let epoch = state.epoch { session.epochs = [(epoch, SequenceSet(pairs: state.seenInEpoch))] }
            session.open = state.open.map { Open(sequence: $0.sequence, at: $0.at) }
            self.counts.due += session.open.count
            self.sessions[state.id] = session
        }
    }
}

extension SequenceSet {
    fileprivate var pairs: [[Int64]] { self.ranges.map { [$0.lowerBound, $0.upperBound] } }

    fileprivate init(pairs: [[Int64]]) {
        self.init(pairs.compactMap { $0.count == 2 && $0[0] <= $0[1] ? $0[0]...$0[1] : nil })
    }
}
