import GatewayModel

extension GatewayMachine {
    /// Sends, or holds while the connection is stalled.
    mutating func send(_ payload: ServerPayload, to id: ConnectionID, _ outputs: inout [GatewayOutput]) {
        // Gone: its stall overran within the same input.
        guard let connection = self.connections[id] else { return }
        if let budget = connection.budget {
            guard budget.payloads > 0 else { return }
            self.connections[id]!.budget!.payloads -= 1
            if budget.payloads == 1 { self.exhausted.append(id) }
        }
        guard let held = connection.stall?.held.count else {
            outputs.append(.send(id, payload))
            return
        }
        if held < self.configuration.stallLimit {
            self.connections[id]!.stall!.held.append(payload)
        } else {
            self.cut(id, .reset, &outputs)
        }
    }

    /// Closes a connection; its session stays, detached, or ends with the codes that say so.
    mutating func close(_ id: ConnectionID, code: UInt16, _ outputs: inout [GatewayOutput]) {
        guard let connection = self.connections.removeValue(forKey: id) else { return }
        if CloseCode.endsSession(code), case .authenticated(let key) = connection.state {
            self.endSession(key, retired: false)
        } else {
            self.detach(connection)
        }
        outputs.append(.close(id, code: code))
    }

    mutating func cut(_ id: ConnectionID, _ how: TransportCut, _ outputs: inout [GatewayOutput]) {
        guard let connection = self.connections.removeValue(forKey: id) else { return }
        self.detach(connection)
        outputs.append(.cut(id, how))
    }

    /// What a connection that is gone leaves behind: a session that waits for its RESUME.
    mutating func detach(_ connection: Connection) {
        guard case .authenticated(let key) = connection.state else { return }
        self.sessions[key]!.state = .detached(since: self.now)
        self.wake(at: self.now + self.configuration.sessionLifetime)
    }

    /// The session is gone for good. Its connection, if there is one, is as before IDENTIFY.
    mutating func endSession(_ key: SessionKey, retired: Bool) {
        guard let session = self.sessions.removeValue(forKey: key) else { return }
        self.sessionsByID[session.id] = nil
        if let connection = session.connection { self.connections[connection]?.state = .unauthenticated }
        let set = self.shardSets.firstIndex { $0.numShards == session.numShards }!
        self.shardSets[set].slots[session.shard].sessions.removeAll { $0 == key }
        if retired, self.shardSets[set].slots[session.shard].sessions.isEmpty { self.shardSets[set].slots[session.shard].history = .retired }
    }

    /// All sessions end and the token is refused from now on.
    mutating func killToken(_ outputs: inout [GatewayOutput]) {
        self.tokenIsDead = true
        for key in self.sessions.keys.sorted() { self.endSession(key, retired: false) }
        for id in self.connections.keys.sorted() { self.close(id, code: CloseCode.authenticationFailed, &outputs) }
    }

    mutating func record(_ kind: Violation.Kind, _ detail: String) {
        self.counts.violations += 1
        if self.violations.count == 10_000 { self.violations.removeFirst() }
        self.violations.append(Violation(at: self.now, kind: kind, detail: detail))
    }

    mutating func wake(at instant: Instant) {
        self.nextDeadline = min(instant, self.nextDeadline ?? instant)
    }
}
