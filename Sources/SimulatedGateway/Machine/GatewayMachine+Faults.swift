import GatewayModel

extension GatewayMachine {
    mutating func inject(_ fault: Fault, _ outputs: inout [GatewayOutput]) {
        switch fault {
        case .reconnect(let target):
            for id in self.connections(of: target) { self.send(.reconnect, to: id, &outputs) }
        case .invalidate(let target, let resumable):
            self.invalidate(target, resumable: resumable, &outputs)
        case .close(let target, let code):
            if CloseCode.endsSession(code) {
                for key in self.sessions(of: target) where self.sessions[key]!.connection == nil { self.endSession(key, retired: false) }
            }
            for id in self.connections(of: target) { self.close(id, code: code, &outputs) }
        case .cut(let target, let how):
            for id in self.connections(of: target) { self.cut(id, how, &outputs) }
        case .stall(let target, let duration):
            for id in self.connections(of: target) {
                self.connections[id]!.stall = .init(until: self.now + duration, held: self.connections[id]!.stall?.held ?? [])
            }
            self.wake(at: self.now + duration)
        case .withholdACKs(let target, let duration):
            for id in self.connections(of: target) { self.connections[id]!.ackWithheldUntil = self.now + duration }
        case .requestHeartbeat(let target):
            for id in self.connections(of: target) { self.send(.heartbeatRequest, to: id, &outputs) }
        case .forget(let target):
            for key in self.sessions(of: target) { self.endSession(key, retired: false) }
        case .greet(let count, let greeting):
            self.greetings = Greetings(remaining: count, greeting: greeting)
        case .refuseIdentify(let count, let refusal):
            self.identifyRefusals = Refusals(remaining: count, refusal: refusal)
        case .refuseResume(let count, let refusal):
            self.resumeRefusals = Refusals(remaining: count, refusal: refusal)
        case .endEarly(let count, let payloads, let end):
            self.earlyEnds = EarlyEnds(remaining: count, payloads: payloads, end: end)
        case .killToken:
            self.killToken(&outputs)
        case .configure(let change):
            self.apply(change)
        case .setIdentifiesSpent(let count):
            if self.windowIsOver(at: self.now) { self.identifyWindowStart = self.now }
            self.identifiesInWindow = count
        }
    }

    /// What is left of a refused IDENTIFY or RESUME; the connection is as before it.
    mutating func perform(_ refusal: Refusal, on id: ConnectionID, session: SessionKey?, _ outputs: inout [GatewayOutput]) {
        switch refusal {
        case .invalidSession(let resumable):
            if !resumable, let session { self.endSession(session, retired: false) }
            self.send(.invalidSession(resumable: resumable), to: id, &outputs)
        case .close(let code):
            if CloseCode.endsSession(code), let session { self.endSession(session, retired: false) }
            self.close(id, code: code, &outputs)
        case .reconnect: self.send(.reconnect, to: id, &outputs)
        case .silence: break
        }
    }

    /// Ends the connections whose payloads are used up. Last of all, for what was under way was on its way to them.
    mutating func endExhausted(_ outputs: inout [GatewayOutput]) {
        let exhausted = self.exhausted
        self.exhausted = []
        for id in exhausted {
            switch self.connections[id]?.budget?.end {
            case nil: break
            case .close(let code): self.close(id, code: code, &outputs)
            case .cut(let how): self.cut(id, how, &outputs)
            }
        }
    }

    private mutating func invalidate(_ target: Target, resumable: Bool, _ outputs: inout [GatewayOutput]) {
        let connections = self.connections(of: target)
        for key in self.sessions(of: target) {
            if resumable {
                if let connection = self.sessions[key]!.connection {
                    let state = self.connections[connection]!
                    self.detach(state)
                    self.connections[connection]!.state = .unauthenticated
                }
            } else {
                self.endSession(key, retired: false)
            }
        }
        for id in connections { self.send(.invalidSession(resumable: resumable), to: id, &outputs) }
    }

    private mutating func apply(_ change: ConfigurationChange) {
        if let value = change.maxConcurrency { self.configuration.maxConcurrency = max(1, value) }
        if let value = change.recommendedShards { self.configuration.recommendedShards = max(1, value) }
        if let value = change.identifyLimitTotal { self.configuration.identifyLimitTotal = max(0, value) }
        if let value = change.maxGuildsPerShard { self.configuration.maxGuildsPerShard = max(0, value) }
        if let value = change.shardMultiple { self.configuration.shardMultiple = max(1, value) }
        if let value = change.allowedIntents { self.configuration.allowedIntents = value }
        if let value = change.resumeWhileAttached { self.configuration.resumeWhileAttached = value }
    }

    /// Live sessions of a target, oldest first.
    private func sessions(of target: Target) -> [SessionKey] {
        switch target {
        case .all: self.sessions.keys.sorted()
        case .shard(let shard, let numShards):
            self.sessions.values.filter { $0.shard == shard && (numShards == nil || $0.numShards == numShards) }.map(\.key).sorted()
        case .session(let id): self.sessionsByID[id].map { [$0] } ?? []
        case .connection(let id): self.sessionKey(of: id).map { [$0] } ?? []
        }
    }

    /// Open connections of a target, oldest first.
    private func connections(of target: Target) -> [ConnectionID] {
        switch target {
        case .all: self.connections.keys.sorted()
        case .connection(let id): self.connections[id] == nil ? [] : [id]
        case .shard, .session: self.sessions(of: target).compactMap { self.sessions[$0]!.connection }.sorted()
        }
    }

    private func sessionKey(of id: ConnectionID) -> SessionKey? {
        guard case .authenticated(let key)? = self.connections[id]?.state else { return nil }
        return key
    }
}

extension GatewayMachine {
    /// Whether a fault for `target` concerns this open connection.
    public func isTargeted(_ id: ConnectionID, by target: Target) -> Bool {
        self.connections(of: target).contains(id)
    }
}
