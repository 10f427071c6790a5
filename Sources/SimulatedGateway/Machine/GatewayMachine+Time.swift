import GatewayModel

extension GatewayMachine {
    /// Everything whose time has come, connections first, each in order of its number.
    mutating func performDue(_ outputs: inout [GatewayOutput]) {
        guard let deadline = self.nextDeadline, deadline <= self.now else { return }
        self.nextDeadline = nil
        for id in self.connections.keys.sorted() { self.performDue(id, &outputs) }
        for key in self.sessions.keys.sorted() {
            guard case .detached(let since) = self.sessions[key]!.state else { continue }
            let end = since + self.configuration.sessionLifetime
            if end <= self.now { self.endSession(key, retired: false) } else { self.wake(at: end) }
        }
    }

    private mutating func performDue(_ id: ConnectionID, _ outputs: inout [GatewayOutput]) {
        if let stall = self.connections[id]!.stall {
            if stall.until <= self.now {
                self.connections[id]!.stall = nil
                for payload in stall.held { outputs.append(.send(id, payload)) }
            } else {
                self.wake(at: stall.until)
            }
        }
        switch self.connections[id]!.state {
        case .identifying(let identify, let readyAt):
            if readyAt <= self.now { self.ready(id, identify, &outputs) } else { self.wake(at: readyAt) }
        case .refusing(let at):
            if at <= self.now { self.refuseIdentify(id, &outputs) } else { self.wake(at: at) }
        case .unauthenticated, .authenticated:
            break
        }
        // READY may have overrun the stall limit and ended the connection.
        guard let beatBy = self.connections[id]?.heartbeatDeadline else { return }
        if beatBy <= self.now { self.close(id, code: CloseCode.unknownError, &outputs) } else { self.wake(at: beatBy) }
    }
}
