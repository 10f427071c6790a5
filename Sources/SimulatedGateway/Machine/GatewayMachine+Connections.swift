import GatewayModel

extension GatewayMachine {
    mutating func open(_ id: ConnectionID, version: Int?, _ outputs: inout [GatewayOutput]) {
        guard version == 10 || version == 9 else {
            self.record(.badIdentify, "API version \(version.map(String.init) ?? "missing") (4012)")
            outputs.append(.close(id, code: CloseCode.invalidVersion))
            return
        }
        var connection = Connection(heartbeatDeadline: self.now + self.heartbeatPatience)
        connection.budget = self.earlyEnds.next()
        self.wake(at: connection.heartbeatDeadline)
        self.connections[id] = connection
        if connection.budget?.payloads == 0 { self.exhausted.append(id) }
        let hello = ServerPayload.hello(heartbeatIntervalMilliseconds: Int(self.configuration.heartbeatInterval.inNanoseconds / 1_000_000))
        switch self.greetings.next() {
        case nil: self.send(hello, to: id, &outputs)
        case .silence: break
        case .reconnectInstead: self.send(.reconnect, to: id, &outputs)
        case .reconnectBefore:
            self.send(.reconnect, to: id, &outputs)
            self.send(hello, to: id, &outputs)
        case .close: self.close(id, code: CloseCode.unknownError, &outputs)
        case .cut: self.cut(id, .reset, &outputs)
        }
    }

    mutating func end(_ id: ConnectionID, _ end: ClientEnd) {
        // An unknown connection: closed by the machine, whose socket now reports its end.
        guard let connection = self.connections.removeValue(forKey: id) else { return }
        switch end {
        case .closeFrame(let code):
            self.countClose(code)
            if code == 1000 || code == 1001, case .authenticated(let key) = connection.state {
                self.endSession(key, retired: true)
                return
            }
        case .transportEnded:
            self.counts.transportEnds += 1
        }
        self.detach(connection)
    }

    mutating func receive(_ id: ConnectionID, _ payload: ClientPayload, _ outputs: inout [GatewayOutput]) {
        guard self.connections[id] != nil else { return }
        guard self.countArrival(id) else {
            self.record(.sendRate, "\(id): more than \(self.configuration.sendLimit) payloads in 60 s")
            self.close(id, code: CloseCode.rateLimited, &outputs)
            return
        }
        switch payload {
        case .identify(let identify): self.identify(id, identify, &outputs)
        case .resume(let resume): self.resume(id, resume, &outputs)
        case .heartbeat(let sequence): self.heartbeat(id, sequence, &outputs)
        case .command(let command): self.command(id, command, &outputs)
        case .unknownOp(let op):
            self.record(.badPayload, "\(id): unknown op \(op) (4001)")
            self.close(id, code: CloseCode.unknownOpcode, &outputs)
        case .badBody(let op):
            let isCommand = [3, 4, 8, 31, 43].contains(op)
            if isCommand, !self.connections[id]!.isAuthenticated { return self.refuseCommand(id, op: op, &outputs) }
            self.record(.badPayload, "\(id): bad body of op \(op) (4001)")
            self.close(id, code: CloseCode.unknownOpcode, &outputs)
        case .undecodable:
            self.record(.badPayload, "\(id): undecodable payload (4002)")
            self.close(id, code: CloseCode.decodeError, &outputs)
        case .tooLarge(let bytes):
            self.record(.payloadSize, "\(id): payload of \(bytes) bytes (4002)")
            self.close(id, code: CloseCode.decodeError, &outputs)
        }
    }

    private mutating func heartbeat(_ id: ConnectionID, _ sequence: Int64?, _ outputs: inout [GatewayOutput]) {
        let deadline = self.now + self.heartbeatPatience
        self.connections[id]!.heartbeatDeadline = deadline
        self.wake(at: deadline)
        if case .authenticated(let key) = self.connections[id]!.state, let sequence, self.configuration.heartbeatTrim != .off {
            self.sessions[key]!.buffer.trim(through: sequence)
        }
        if let until = self.connections[id]!.ackWithheldUntil, self.now < until { return }
        self.send(.heartbeatACK, to: id, &outputs)
    }

    /// `false`: one more than allowed in 60 s.
    private mutating func countArrival(_ id: ConnectionID) -> Bool {
        let horizon = self.now - .seconds(60)
        self.connections[id]!.arrivals.removeAll { $0 <= horizon }
        self.connections[id]!.arrivals.append(self.now)
        return self.connections[id]!.arrivals.count <= self.configuration.sendLimit
    }

    private mutating func countClose(_ code: UInt16) {
        if let index = self.counts.closedByClient.firstIndex(where: { $0.code >= code }) {
            if self.counts.closedByClient[index].code == code {
                self.counts.closedByClient[index].count += 1
            } else {
                self.counts.closedByClient.insert(.init(code: code, count: 1), at: index)
            }
        } else {
            self.counts.closedByClient.append(.init(code: code, count: 1))
        }
    }

    /// A heartbeat and a half: later than that the connection is closed, and the session stays.
    private var heartbeatPatience: Duration { self.configuration.heartbeatInterval * 3 / 2 }
}
