import ClusterTestKit
import GatewayModel
import Testing

/// Any command at any time, on connections that come, go and block: what must hold nevertheless.
@Suite("Random walks of a command queue") struct CommandQueueWalkTests {
    @Test("keep every limit, the order, and one result for each command") func walks() {
        Walk.run(
            seeds: 0..<30,
            comingTo: ["sent", "superseded", "notConnected", "rateLimited", "tooLarge", "queueFull", "cancelled", "fullWindow", "fullPresences", "blocked"])
    }

    struct Walk: RandomWalk {
        var random: SeededGenerator
        var queue: CommandQueue
        var now = Instant(nanoseconds: 1_000_000_000_000)
        var violations: [String] = []
        var seen: [String: Int] = [:]
        let maxQueued: Int
        var next = UInt64(0)
        /// Without a result: what it is, and its place in the order.
        var open: [UInt64: (deadline: Instant, isPresence: Bool)] = [:]
        var isOpen = false
        var isLive = false
        var isBlocked = false
        var interval = Duration.milliseconds(41_250)
        var nextBeat = Instant(nanoseconds: 0)
        /// Of this connection.
        var arrivals: [Instant] = []
        var requestedBeats: [Instant] = []
        var presences: [Instant] = []
        var lastWritten = UInt64(0)

        init(seed: UInt64) {
            var random = SeededGenerator(seed: seed)
            self.maxQueued = [1, 10, 100, 400].randomElement(using: &random)!
            self.queue = CommandQueue(limits: CommandLimits(maxQueued: self.maxQueued))
            self.random = random
        }

        mutating func step() {
            switch Int.random(in: 0..<100, using: &self.random) {
            case 0..<55: self.enqueue()
            case 55..<60: for _ in 0..<Int.random(in: 1...150, using: &self.random) { self.enqueue() }
            case 60..<75: self.pass(.milliseconds(Int.random(in: 0...1_500, using: &self.random)))
            case 75..<80: self.pass(.milliseconds(Int.random(in: 0...61_000, using: &self.random)))
            case 80..<83: self.requestBeat()
            case 83..<88: if self.next > 0 { self.cancel(UInt64.random(in: 1...self.next, using: &self.random)) }
            case 88: self.isBlocked = true
            case 89..<92: self.isBlocked = false
            case 92: self.close()
            default: self.connect()
            }
            if self.queue.count > self.maxQueued { self.violations.append("\(self.queue.count) wait") }
            if self.queue.count != self.open.count { self.violations.append("\(self.queue.count) wait, \(self.open.count) have no result") }
            if self.queue.count > 0, self.queue.deadline == nil { self.violations.append("no deadline") }
        }

        mutating func finish() {
            self.isLive = false
            self.perform(self.queue.end())
            if !self.open.isEmpty { self.violations.append("without a result: \(self.open.keys.sorted())") }
        }

        private mutating func enqueue() {
            self.next += 1
            let isPresence = Int.random(in: 0..<8, using: &self.random) == 0
            let deadline = self.now + .milliseconds(Int.random(in: -500...90_000, using: &self.random))
            let bytes = Int.random(in: 0..<50, using: &self.random) == 0 ? 5_000 : 100
            self.open[self.next] = (deadline, isPresence)
            let command = isPresence ? GatewayCommand.presence("\(self.next)") : .voice(self.next)
            self.perform(self.queue.enqueue(CommandID(rawValue: self.next), command, encodedBytes: bytes, deadline: deadline, at: self.now))
            if isPresence, self.open[self.next] != nil, self.queue.presence != Presence(activities: [.playing("\(self.next)")]) {
                self.violations.append("the presence that was taken is not the one that is wanted")
            }
        }

        private mutating func cancel(_ id: UInt64) {
            self.perform(self.queue.cancel(CommandID(rawValue: id), at: self.now))
            if self.open[id] != nil { self.violations.append("\(id) was cancelled and waits") }
        }

        private mutating func connect() {
            switch (self.isOpen, self.isLive) {
            case (false, _):
                self.isOpen = true
                self.isBlocked = false
                self.arrivals = []
                self.requestedBeats = []
                self.queue.connectionOpened(at: self.now)
                self.interval = .milliseconds([41_250, 41_250, 30_000, 10_000].randomElement(using: &self.random)!)
                self.queue.helloReceived(interval: self.interval)
                self.nextBeat = self.now + self.interval * Double.random(in: 0..<1, using: &self.random)
            case (true, false):
                self.arrived()
                if Bool.random(using: &self.random) {
                    self.perform(self.queue.identifySent(at: self.now))
                } else {
                    self.queue.noteSent(at: self.now)
                }
                self.isLive = true
                self.perform(self.queue.becameLive(at: self.now))
            case (true, true): break
            }
        }

        private mutating func close() {
            self.isOpen = false
            self.isLive = false
            self.queue.connectionEnded(at: self.now)
        }

        /// As often as Discord may be expected to ask: once for each beat that is due.
        private mutating func requestBeat() {
            self.requestedBeats.removeAll { $0 + .seconds(60) <= self.now }
            guard self.isOpen, self.requestedBeats.count < CommandLimits.beats(interval: self.interval) else { return }
            self.requestedBeats.append(self.now)
            self.arrived()
            self.queue.noteSent(at: self.now)
        }

        private mutating func pass(_ time: Duration) {
            let end = self.now + time
            while true {
                let beat = self.isOpen ? self.nextBeat : end
                let due = min(beat, self.queue.deadline ?? end)
                guard due < end else { break }
                self.now = max(self.now, due)
                if self.isOpen, self.nextBeat <= self.now {
                    self.nextBeat = self.nextBeat + self.interval
                    self.arrived()
                    self.queue.noteSent(at: self.now)
                } else {
                    self.perform(self.queue.timePassed(to: self.now))
                    if let deadline = self.queue.deadline, deadline <= self.now { self.violations.append("a deadline that never passes") }
                    if !self.violations.isEmpty { return }
                }
            }
            self.now = end
        }

        /// Discord counts when payloads arrive: in order, each up to a second after it was sent.
        private mutating func arrived() {
            let arrival = max(self.arrivals.last ?? self.now, self.now + .milliseconds(Int.random(in: 0..<1_000, using: &self.random)))
            self.arrivals.removeAll { $0 + .seconds(60) <= arrival }
            self.arrivals.append(arrival)
            if self.arrivals.count > 120 { self.violations.append("\(self.arrivals.count) payloads in 60 s") }
            if self.arrivals.count >= 115 { self.seen["fullWindow", default: 0] += 1 }
        }

        private mutating func perform(_ effects: [CommandEffect]) {
            for effect in effects {
                switch effect {
                case .send(let id, let command): self.send(id, command)
                case .sent(let id): self.end(id, "sent")
                case .superseded(let id):
                    if self.open[id.rawValue]?.isPresence != true { self.violations.append("\(id) is no presence") }
                    self.end(id, "superseded")
                case .fail(let id, let error): self.fail(id, error)
                }
            }
        }

        private mutating func send(_ id: CommandID, _ command: GatewayCommand) {
            guard let entry = self.open[id.rawValue] else { return self.violations.append("\(id) has its result already") }
            if !self.isLive { self.violations.append("sent while not live") }
            if self.isBlocked {
                self.seen["blocked", default: 0] += 1
                return self.perform(self.queue.writeFailed(id, at: self.now))
            }
            if entry.deadline <= self.now, id.rawValue != self.next { self.violations.append("\(id) was sent after its deadline") }
            self.arrived()
            if entry.isPresence {
                let arrival = max(self.presences.last ?? self.now, self.arrivals.last ?? self.now)
                self.presences.removeAll { $0 + .seconds(20) <= arrival }
                self.presences.append(arrival)
                if self.presences.count > 5 { self.violations.append("\(self.presences.count) presences in 20 s") }
                if self.presences.count == 5 { self.seen["fullPresences", default: 0] += 1 }
            } else {
                if id.rawValue < self.lastWritten { self.violations.append("\(id) was sent after \(self.lastWritten)") }
                self.lastWritten = id.rawValue
            }
            self.perform(self.queue.written(id, at: self.now))
        }

        private mutating func end(_ id: CommandID, _ name: String) {
            self.seen[name, default: 0] += 1
            if self.open.removeValue(forKey: id.rawValue) == nil { self.violations.append("\(id) has two results") }
        }

        private mutating func fail(_ id: CommandID, _ error: CommandError) {
            switch error {
            case .notConnected:
                if self.isLive, !self.isBlocked, let deadline = self.open[id.rawValue]?.deadline, deadline > self.now {
                    self.violations.append("\(id) is not connected before its deadline")
                }
                self.end(id, "notConnected")
            case .rateLimited(let retryAfter):
                if !self.isLive { self.violations.append("limited while not live") }
                if retryAfter < .zero || retryAfter > .seconds(61 * 41) { self.violations.append("retry after \(retryAfter)") }
                self.end(id, "rateLimited")
            case .tooLarge: self.end(id, "tooLarge")
            case .queueFull: self.end(id, "queueFull")
            case .cancelled: self.end(id, "cancelled")
            case .invalid, .timedOut, .nonceInUse, .answerTooLarge, .badAnswer: self.violations.append("\(id): \(error)")
            }
        }
    }
}
