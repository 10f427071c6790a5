import ClusterModel
import GatewayModel

/// The streams between workers and the coordinator.
extension World {
    func sendUp(_ link: ControlLink, _ message: ControlLink.Up) {
        let at = link.up.send(message, at: self.time, delay: self.hop() + self.slowness(self.controlSlow))
        self.queue.schedule(.controlUp(link.id), at: at)
    }

    func sendDown(_ link: ControlLink, _ message: ControlLink.Down) {
        guard !link.downIsLost else { return }
        let at = link.down.send(message, at: self.time, delay: self.hop() + self.slowness(self.controlSlow))
        self.queue.schedule(.controlDown(link.id), at: at)
    }

    func slowness(_ most: Int64) -> Int64 {
        most == 0 ? 0 : self.networkDice.skewed(0...most)
    }

    func deliverUp(_ link: ControlLink, _ event: Event) {
        let host = self.processes[link.process].host
        let run = self.coordinators[link.run]
        guard run.isAlive, link.coordinatorOpen else { return }
        guard !run.isFrozen else {
            run.backlog.append(event)
            return
        }
        guard let message = link.up.deliver(isCut: self.hosts[host].cutUp) else { return }
        switch message {
        case .message(let message):
            if case .hello(let hello) = message, hello.held.isEmpty, let known = self.store.workers[hello.stableID], known.incarnation != hello.incarnation,
                self.store.shards.values.contains(where: { $0.incarnation == known.incarnation })
            {
                self.rare.saw(.certificateByRestart)
                if self.isLateHello(on: link, while: known.incarnation) { self.rare.saw(.lateHelloOfUnknown) }
            }
            self.feed(run, .message(link.connection, message))
            if self.mutant == .helloIsDeath, case .hello = message {
                self.feed(run, .message(link.connection, .decline(PermitID(rawValue: "none"), reason: "forged")))
            }
        case .end:
            link.coordinatorOpen = false
            self.feed(run, .closed(link.connection))
            if self.mutant == .resetIsDeath, let stableID = self.stableID(of: link) {
                self.forgeGoodbye(of: stableID, link: link, to: run)
            }
        }
    }

    func deliverDown(_ link: ControlLink, _ event: Event) {
        let process = self.processes[link.process]
        guard process.isAlive, link.workerOpen || self.mutant == .oldStreamHeard else { return }
        guard !process.isFrozen else {
            process.backlog.append(event)
            return
        }
        guard let message = link.down.deliver(isCut: self.hosts[process.host].cutDown) else { return }
        switch message {
        case .envelope(let envelope):
            self.receive(envelope, at: process)
        case .end:
            guard link.workerOpen else { return }
            link.workerOpen = false
            if process.link == link.id { process.link = nil }
            self.feed(process, .disconnected(reason: "the stream ended"))
        }
    }

    func resetControl(host: Int) {
        guard let id = self.hosts[host].process.flatMap({ self.processes[$0].link }) else { return }
        self.reset(self.links[id])
    }

    /// Both ends learn of it, each after its own delay; what was under way is gone.
    private func reset(_ link: ControlLink) {
        self.note("link \(link.id) is reset")
        link.up.discard()
        link.down.discard()
        if link.workerOpen { self.sendDown(link, .end) }
        if link.coordinatorOpen { self.sendUp(link, .end) }
    }

    /// A host's way to the coordinator is whole again.
    func healControl(host: Int) {
        self.hosts[host].cutUp = false
        self.hosts[host].cutDown = false
        for link in self.links where self.processes[link.process].host == host {
            for at in link.up.heal(at: self.time, delay: self.hop()) { self.queue.schedule(.controlUp(link.id), at: at) }
            for at in link.down.heal(at: self.time, delay: self.hop()) { self.queue.schedule(.controlDown(link.id), at: at) }
        }
    }

    /// Of a dead process, while the known one lives and has no stream.
    private func isLateHello(on link: ControlLink, while known: Incarnation) -> Bool {
        guard !self.processes[link.process].isAlive, let process = self.account.incarnations[known], self.processes[process].isAlive else { return false }
        return !self.links.contains { $0.process == process && $0.run == link.run && $0.coordinatorOpen }
    }

    private func stableID(of link: ControlLink) -> StableID? {
        self.hosts[self.processes[link.process].host].stableID
    }

    /// What a coordinator would do that takes a lost stream for a death certificate.
    private func forgeGoodbye(of stableID: StableID, link: ControlLink, to run: CoordinatorProcess) {
        let forged = ControlLink(id: self.links.count, process: link.process, run: run.id)
        forged.workerOpen = false
        self.links.append(forged)
        let process = self.processes[link.process]
        let now = process.clock.local(self.time)
        self.feed(
            run,
            .message(
                forged.connection,
                .hello(
                    WorkerHello(
                        protocolVersion: controlProtocolVersion, stableID: stableID, incarnation: process.incarnation, capacity: self.plan.capacity,
                        highestCoordinatorEpoch: run.epoch, held: [], stamp: now))))
        self.feed(run, .message(forged.connection, .goodbye([], returning: false)))
    }
}
