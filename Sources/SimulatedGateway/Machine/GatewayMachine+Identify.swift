import GatewayModel

extension GatewayMachine {
    mutating func identify(_ id: ConnectionID, _ identify: Identify, _ outputs: inout [GatewayOutput]) {
        guard case .unauthenticated = self.connections[id]!.state else {
            self.record(.alreadyAuthenticated, "\(id): IDENTIFY on an authenticated connection (4005)")
            self.close(id, code: CloseCode.alreadyAuthenticated, &outputs)
            return
        }
        guard self.accepts(token: identify.token) else {
            self.record(.authentication, "\(id): IDENTIFY with a wrong token (4004)")
            self.close(id, code: CloseCode.authenticationFailed, &outputs)
            return
        }
        guard self.spend() else {
            self.counts.identifies += 1
            self.record(
                .dailyLimit,
                "shard \(identify.shard) of \(identify.numShards): IDENTIFY beyond \(self.configuration.identifyLimitTotal) a day, the token is dead")
            self.killToken(&outputs)
            return
        }
        self.counts.identifies += 1
        if let code = self.refusal(of: identify) {
            self.arrived(identify, accepted: false)
            self.close(id, code: code, &outputs)
            return
        }
        let key = identify.shard % self.configuration.maxConcurrency
        let previous = self.lastIdentify[key]
        self.lastIdentify[key] = self.now
        if let previous, previous.duration(to: self.now) < self.configuration.identifyInterval {
            let gap = previous.duration(to: self.now).inSeconds
            self.record(.identifySpacing, "shard \(identify.shard) of \(identify.numShards), key \(key): \(gap) s after the IDENTIFY before")
            self.arrived(identify, accepted: false)
            self.connections[id]!.state = .refusing(at: self.now + self.configuration.refusalDelay)
            if self.configuration.refusalDelay == .zero { self.refuseIdentify(id, &outputs) } else { self.wake(at: self.now + self.configuration.refusalDelay) }
            return
        }
        if let refusal = self.identifyRefusals.next() {
            self.arrived(identify, accepted: false)
            self.perform(refusal, on: id, session: nil, &outputs)
            return
        }
        self.arrived(identify, accepted: true)
        self.connections[id]!.state = .identifying(identify, readyAt: self.now + self.configuration.readyDelay)
        if self.configuration.readyDelay == .zero { self.ready(id, identify, &outputs) } else { self.wake(at: self.now + self.configuration.readyDelay) }
    }

    /// READY with `s` 1, then a GUILD_CREATE for each guild of the shard.
    mutating func ready(_ id: ConnectionID, _ identify: Identify, _ outputs: inout [GatewayOutput]) {
        let guilds = self.guilds(ofShard: identify.shard, numShards: identify.numShards)
        self.lastSessionKey += 1
        let key = SessionKey(rawValue: self.lastSessionKey)
        let capacity = self.configuration.replayBuffer ?? max(100, min(3500, 75 * guilds.count))
        let session = Session(
            key: key, id: self.sessionID(of: key), shard: identify.shard, numShards: identify.numShards, intents: identify.intents,
            compress: identify.compress, presence: identify.presence, buffer: ReplayBuffer(capacity: capacity), state: .attached(id))
        self.sessions[key] = session
        self.sessionsByID[session.id] = key
        self.connections[id]!.state = .authenticated(key)
        self.join(session)
        self.queue(SimulatedEvent(id: 0, type: .ready, guild: 0), on: key, &outputs)
        guard identify.intents & Intents.guilds != 0 else { return }
        for guild in guilds { self.queue(SimulatedEvent(id: 0, type: .guildCreate, guild: guild), on: key, &outputs) }
    }

    mutating func refuseIdentify(_ id: ConnectionID, _ outputs: inout [GatewayOutput]) {
        self.connections[id]!.state = .unauthenticated
        self.send(.invalidSession(resumable: false), to: id, &outputs)
    }

    func windowIsOver(at now: Instant) -> Bool {
        guard let start = self.identifyWindowStart else { return true }
        return start + self.configuration.identifyWindow <= now
    }

    /// Counts an IDENTIFY; `false`: it is one beyond the limit.
    private mutating func spend() -> Bool {
        if self.windowIsOver(at: self.now) {
            self.identifyWindowStart = self.now
            self.identifiesInWindow = 0
        }
        guard self.identifiesInWindow < self.configuration.identifyLimitTotal else { return false }
        self.identifiesInWindow += 1
        return true
    }

    private mutating func refusal(of identify: Identify) -> UInt16? {
        guard identify.numShards >= 1, identify.numShards <= 65_535, (0..<identify.numShards).contains(identify.shard) else {
            self.record(.badIdentify, "shard [\(identify.shard), \(identify.numShards)] (4010)")
            return CloseCode.invalidShard
        }
        if identify.intents & ~Intents.all != 0 {
            self.record(.badIdentify, "intents \(identify.intents) (4013)")
            return CloseCode.invalidIntents
        }
        if identify.intents & Intents.privileged & ~self.configuration.allowedIntents != 0 { return CloseCode.disallowedIntents }
        if identify.numShards % self.configuration.shardMultiple != 0 { return CloseCode.invalidShard }
        if self.guilds(ofShard: identify.shard, numShards: identify.numShards).count > self.configuration.maxGuildsPerShard {
            return CloseCode.shardingRequired
        }
        return nil
    }

    private mutating func arrived(_ identify: Identify, accepted: Bool) {
        if self.identifyArrivals.count == 100_000 { self.identifyArrivals.removeFirst() }
        let key = max(0, identify.shard) % self.configuration.maxConcurrency
        self.identifyArrivals.append(IdentifyArrival(at: self.now, shard: identify.shard, numShards: identify.numShards, key: key, accepted: accepted))
    }

    /// Puts a new session into its shard set, which becomes the newest where it had no session at all.
    private mutating func join(_ session: Session) {
        if let index = self.shardSets.firstIndex(where: { $0.numShards == session.numShards }) {
            if !self.shardSets[index].hasSession {
                var set = self.shardSets.remove(at: index)
                self.lastOrder += 1
                set.order = self.lastOrder
                for slot in set.slots.indices where set.slots[slot].history == .retired { set.slots[slot].history = .never }
                self.shardSets.insert(set, at: 0)
            }
        } else {
            self.lastOrder += 1
            self.shardSets.insert(ShardSet(numShards: session.numShards, order: self.lastOrder), at: 0)
        }
        let index = self.shardSets.firstIndex { $0.numShards == session.numShards }!
        self.shardSets[index].slots[session.shard].history = .active
        self.shardSets[index].slots[session.shard].intents = session.intents
        self.shardSets[index].slots[session.shard].sessions.append(session.key)
    }
}
