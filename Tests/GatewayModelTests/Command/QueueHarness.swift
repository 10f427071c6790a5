import GatewayModel

/// A shell around a `CommandQueue`: performs its effects, keeps what came out.
struct QueueHarness {
    var queue: CommandQueue
    var now = Instant(nanoseconds: 1_000_000_000_000)
    /// Ids written to a connection, in order.
    var written: [UInt64] = []
    var times: [Instant] = []
    var results: [UInt64: Result] = [:]
    /// Commands that ended twice, or out of nothing.
    var surplus: [UInt64] = []
    /// The connection takes nothing.
    var isBlocked = false
    private var next = UInt64(0)

    enum Result: Equatable {
        case sent, superseded
        case failed(CommandError)
    }

    init(limits: CommandLimits = CommandLimits(), presence: Presence? = nil) {
        self.queue = CommandQueue(limits: limits, presence: presence)
    }

    /// Connected, identified and READY.
    static func live(limits: CommandLimits = CommandLimits()) -> QueueHarness {
        var harness = QueueHarness(limits: limits)
        harness.open()
        harness.identify()
        return harness
    }

    mutating func open(interval: Duration = .milliseconds(41_250)) {
        self.queue.connectionOpened(at: self.now)
        self.queue.helloReceived(interval: interval)
    }

    mutating func identify() {
        self.perform(self.queue.identifySent(at: self.now))
        self.perform(self.queue.becameLive(at: self.now))
    }

    mutating func resume() {
        self.queue.noteSent(at: self.now)
        self.perform(self.queue.becameLive(at: self.now))
    }

    @discardableResult
    mutating func enqueue(_ command: GatewayCommand = .voice(1), bytes: Int = 100, within time: Duration = .seconds(10)) -> UInt64 {
        self.next += 1
        self.perform(
            self.queue.enqueue(CommandID(rawValue: self.next), command, encodedBytes: bytes, deadline: self.now + time, at: self.now))
        return self.next
    }

    mutating func cancel(_ id: UInt64) {
        self.perform(self.queue.cancel(CommandID(rawValue: id), at: self.now))
    }

    mutating func end() {
        self.perform(self.queue.end())
    }

    /// Time passes, as a shell with one exact timer sees it.
    mutating func pass(_ time: Duration) {
        let end = self.now + time
        while let deadline = self.queue.deadline, deadline <= end {
            self.now = max(self.now, deadline)
            self.perform(self.queue.timePassed(to: self.now))
        }
        self.now = end
    }

    mutating func perform(_ effects: [CommandEffect]) {
        for effect in effects {
            switch effect {
            case .send(let id, _):
                if self.isBlocked {
                    self.perform(self.queue.writeFailed(id, at: self.now))
                } else {
                    self.written.append(id.rawValue)
                    self.times.append(self.now)
                    self.perform(self.queue.written(id, at: self.now))
                }
            case .sent(let id): self.end(id, .sent)
            case .superseded(let id): self.end(id, .superseded)
            case .fail(let id, let error): self.end(id, .failed(error))
            }
        }
    }

    private mutating func end(_ id: CommandID, _ result: Result) {
        guard id.rawValue <= self.next, self.results[id.rawValue] == nil else { return self.surplus.append(id.rawValue) }
        self.results[id.rawValue] = result
    }
}

extension GatewayCommand {
    static func voice(_ guildID: UInt64) -> GatewayCommand {
        .updateVoiceState(VoiceStateUpdate(guildID: Snowflake(guildID), channelID: nil))
    }

    static func presence(_ name: String) -> GatewayCommand {
        .updatePresence(Presence(activities: [.playing(name)]))
    }
}
