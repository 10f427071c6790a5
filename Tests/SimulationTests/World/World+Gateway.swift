import ClusterModel
import GatewayModel
import SimulatedGateway

/// The WebSockets between shards and Discord, and Discord.
extension World {
    var gatewayNow: Instant { Instant(nanoseconds: self.time) }

    func dialGateway(_ run: ShardRun, url: String) {
        let connection = GatewayConnection(id: self.connections.count, process: run.process, run: run.id)
        self.connections.append(connection)
        if let old = run.connection, self.connections[old].clientOpen || !self.connections[old].isAbandoned {
            self.fail(.s1, "shard \(run.lease) dials while its last connection is open")
        }
        run.connection = connection.id
        let setUp = 3 * self.hop() + self.slowness(self.gatewaySlow)
        if self.dialsRefused, self.networkDice.chance(0.7) {
            connection.isAbandoned = true
            run.connection = nil
            self.after(setUp, .worker(run.process, .connected(connection: connection.id)))
        } else if !self.hosts[self.processes[run.process].host].cutGateway {
            self.after(setUp, .worker(run.process, .connected(connection: connection.id)))
        }
    }

    func finishGatewayDial(_ connection: GatewayConnection) {
        let run = self.runs[connection.run]
        guard !run.isEnded else { return }
        if connection.isAbandoned {
            // Refused; or given up by the shard, which then hears nothing of it any more.
            if run.connection == nil, !connection.clientOpen, connection.session == nil, connection.unread.isEmpty, !connection.wasDropped {
                self.feed(run, .failedToConnect(reason: "refused"))
            }
            return
        }
        guard run.connection == connection.id, !self.hosts[self.processes[run.process].host].cutGateway else { return }
        connection.clientOpen = true
        connection.gatewayOpen = true
        self.gatewayTakes(.connectionOpened(connection.gatewayID, version: 10))
        run.commands.connectionOpened(at: self.processes[run.process].clock.local(self.time))
        self.feed(run, .connected)
    }

    func sendToGateway(_ connection: GatewayConnection, _ message: GatewayConnection.Up) {
        let at = connection.up.send(message, at: self.time, delay: self.hop() + self.slowness(self.gatewaySlow))
        self.queue.schedule(.toGateway(connection.id), at: at)
    }

    func sendFromGateway(_ connection: GatewayConnection, _ message: GatewayConnection.Down) {
        let at = connection.down.send(message, at: self.time, delay: self.hop() + self.slowness(self.gatewaySlow))
        self.queue.schedule(.fromGateway(connection.id), at: at)
    }

    func closeGateway(_ run: ShardRun, code: UInt16) {
        guard let id = run.connection else { return }
        let connection = self.connections[id]
        connection.isClosing = true
        connection.isPaused = false
        self.sendToGateway(connection, .close(code: code))
        self.resumeReading(run)
    }

    func dropGateway(_ run: ShardRun) {
        guard let id = run.connection else { return }
        let connection = self.connections[id]
        run.connection = nil
        connection.isAbandoned = true
        connection.wasDropped = true
        if connection.clientOpen {
            connection.clientOpen = false
            self.sendToGateway(connection, .end)
        }
        self.account.ownershipChanged(run.lease.key)
    }

    func resumeReading(_ run: ShardRun) {
        guard let id = run.connection else { return }
        let connection = self.connections[id]
        connection.isPaused = false
        let unread = connection.unread
        connection.unread = []
        for message in unread { self.read(message, on: connection) }
    }

    // MARK: Arrivals

    func deliverToGateway(_ connection: GatewayConnection) {
        let host = self.processes[connection.process].host
        guard let message = connection.up.deliver(isCut: self.hosts[host].cutGateway) else { return }
        guard connection.gatewayOpen else { return }
        switch message {
        case .payload(let payload, let sentAt):
            switch payload {
            case .identify where self.time - sentAt > 10 * second:
                // A4: what takes longer than that never arrives.
                connection.gatewayOpen = false
                self.gatewayTakes(.connectionEnded(connection.gatewayID, .transportEnded))
                self.sendFromGateway(connection, .end)
                return
            case .identify(let identify):
                self.watchIdentifyArrival(identify)
                if self.refusals > 0 {
                    self.refusals -= 1
                    self.sendFromGateway(connection, .payload(.invalidSession(resumable: false)))
                    return
                }
            case .resume: if self.gatewayHasAttached(payload) { self.rare.saw(.resumeWhileAttached) }
            default: break
            }
            self.gatewayTakes(.received(connection.gatewayID, payload))
        case .close(let code):
            connection.gatewayOpen = false
            self.gatewayTakes(.connectionEnded(connection.gatewayID, .closeFrame(code: code)))
            self.sendFromGateway(connection, .end)
        case .end:
            connection.gatewayOpen = false
            self.gatewayTakes(.connectionEnded(connection.gatewayID, .transportEnded))
        }
    }

    func deliverFromGateway(_ connection: GatewayConnection, _ event: Event) {
        let process = self.processes[connection.process]
        guard process.isAlive else { return }
        guard !process.isFrozen else {
            process.backlog.append(event)
            return
        }
        guard let message = connection.down.deliver(isCut: self.hosts[process.host].cutGateway) else { return }
        self.read(message, on: connection)
    }

    private func read(_ message: GatewayConnection.Down, on connection: GatewayConnection) {
        guard connection.clientOpen else { return }
        guard !connection.isPaused else {
            connection.unread.append(message)
            return
        }
        let run = self.runs[connection.run]
        guard !run.isEnded, run.connection == connection.id else { return }
        switch message {
        case .payload(let payload):
            if connection.isClosing { return }
            self.read(payload, on: connection, run: run)
        case .close(let code):
            self.endConnection(connection, of: run)
            self.note("shard \(run.lease): Discord closed with \(code)")
            self.feed(run, .closed(code: code, reason: ""))
        case .end:
            self.endConnection(connection, of: run)
            self.feed(run, .closed(code: nil, reason: "end of stream"))
        }
    }

    private func endConnection(_ connection: GatewayConnection, of run: ShardRun) {
        connection.clientOpen = false
        connection.isAbandoned = true
        connection.wasDropped = true
        run.connection = nil
        if connection.gatewayOpen { self.sendToGateway(connection, .end) }
        self.account.ownershipChanged(run.lease.key)
    }

    private func read(_ payload: ServerPayload, on connection: GatewayConnection, run: ShardRun) {
        switch payload {
        case .hello(let milliseconds):
            run.commands.helloReceived(interval: .milliseconds(milliseconds))
            self.feed(run, .hello(heartbeatInterval: .milliseconds(milliseconds)))
        case .heartbeatACK: self.feed(run, .heartbeatAcknowledged)
        case .heartbeatRequest: self.feed(run, .heartbeatRequested)
        case .reconnect: self.feed(run, .reconnectRequested)
        case .invalidSession(let resumable): self.feed(run, .invalidSession(resumable: resumable))
        case .dispatch(let dispatch): self.read(dispatch, run: run)
        }
    }

    private func read(_ dispatch: Dispatch, run: ShardRun) {
        switch dispatch.event.type {
        case .ready:
            let id = self.gateway.sessionID(of: dispatch.session)
            self.note("shard \(run.lease): READY of \(id)")
            self.account.known(dispatch.session, gateway: self.gateway, key: run.lease.key)
            self.feed(run, .ready(sequence: dispatch.sequence, sessionID: id, resumeGatewayURL: "resume"), dispatch: dispatch)
        case .resumed:
            self.feed(run, .resumed(sequence: dispatch.sequence), dispatch: dispatch)
        default:
            let process = self.processes[run.process]
            if self.dropNextDispatch {
                self.dropNextDispatch = false
                let index = self.account.session(dispatch.session, gateway: self.gateway)
                self.account[session: index].wasLeftOut = true
                self.note("shard \(run.lease): Discord left \(dispatch.sequence) out")
                return
            }
            switch run.session.dispatchReceived(sequence: dispatch.sequence, at: process.clock.local(self.time)) {
            case .deliver:
                self.deliver(dispatch, of: run, process: process)
                self.arm(run)
            case .drop:
                self.arm(run)
            case .handle:
                self.feed(run, .dispatch(sequence: dispatch.sequence), dispatch: dispatch)
            }
        }
    }

    // MARK: Discord

    func gatewayTakes(_ input: GatewayInput) {
        var outputs: [GatewayOutput] = []
        self.gateway.handle(input, at: self.gatewayNow, into: &outputs)
        self.perform(outputs)
    }

    func tickGateway() {
        guard self.time >= self.gatewayTickAt else { return }
        self.gatewayTickAt = .max
        self.gatewayTakes(.timePassed)
    }

    private func perform(_ outputs: [GatewayOutput]) {
        for output in outputs {
            switch output {
            case .send(let id, let payload):
                self.sendFromGateway(self.connections[Int(id.rawValue)], .payload(payload))
            case .close(let id, let code):
                let connection = self.connections[Int(id.rawValue)]
                connection.gatewayOpen = false
                self.sendFromGateway(connection, .close(code: code))
            case .cut(let id, let how):
                let connection = self.connections[Int(id.rawValue)]
                connection.gatewayOpen = false
                if how == .reset { connection.down.discard() }
                self.sendFromGateway(connection, .end)
            }
        }
        if self.gateway.counts.violations > self.account.violationsSeen { self.watchViolations() }
        if let deadline = self.gateway.deadline {
            let at = max(self.time + 1, deadline.nanoseconds)
            if at < self.gatewayTickAt {
                self.gatewayTickAt = at
                self.queue.schedule(.gatewayTick, at: at)
            }
        }
    }

    func publish() {
        guard self.publishes else { return }
        let guilds = self.gateway.configuration.guilds
        let guild = guilds[self.eventDice.integer(0...(guilds.count - 1))]
        self.gatewayTakes(.publish(EventDraft(guild: guild)))
        let mean = Double(second) / (self.plan.eventsPerSecond * Double(self.plan.shards))
        self.after(Int64(mean * 2 * Double(self.eventDice.next() >> 11) * 0x1p-53) + 1, .publish)
    }

    func healGateway(host: Int) {
        self.hosts[host].cutGateway = false
        for connection in self.connections where self.processes[connection.process].host == host {
            for at in connection.up.heal(at: self.time, delay: self.hop()) { self.queue.schedule(.toGateway(connection.id), at: at) }
            for at in connection.down.heal(at: self.time, delay: self.hop()) { self.queue.schedule(.fromGateway(connection.id), at: at) }
        }
    }

    private func gatewayHasAttached(_ payload: ClientPayload) -> Bool {
        guard case .resume(let resume) = payload else { return false }
        return self.gateway.connection(ofSession: resume.sessionID) != nil
    }
}
