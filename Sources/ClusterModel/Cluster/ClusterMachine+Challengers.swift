import GatewayModel

// A hello alone proves nothing: it may have been under way for long, its process dead, and the worker that we know alive and about to come back to
// its shards. So a new process under its stable id is welcomed and waits, as a challenger, until it says more. It says that only once it heard the
// welcome, so it lived after we had heard the known one; of one stable id one process lives at a time; so the known one has ended.
extension ClusterMachine {
    /// Nothing is taken from the known worker and nothing given to this one. One for each known worker: a later one takes the place of an earlier.
    mutating func challenged(by hello: WorkerHello, on connection: ConnectionID, at now: Instant, _ effects: inout [ClusterEffect]) {
        let id = hello.stableID
        if let earlier = self.workers[id]!.challenger.flatMap({ self.challengers[$0] }), earlier.incarnation == hello.incarnation, hello.stamp < earlier.stamp {
            self.counters.staleMessages += 1
            effects.append(.disconnect(connection, reason: "superseded by a later stream of the same worker"))
            return
        }
        self.endChallenge(of: id, unlessOn: connection, because: "superseded by a later process or stream under the stable id \(id)", &effects)
        self.challengers[connection] = hello
        self.workers[id]!.challenger = connection
        // Before the welcome, which lets it dial.
        for report in hello.held { _ = self.refuses(report, from: id, on: connection, &effects) }
        let dials = self.dialShare(of: id, at: now)
        effects.append(.tell(connection, .welcome(stamp: hello.stamp, isolation: self.configuration.isolation, dialsPerSecond: dials)))
    }

    /// Its first word after hello: whoever was known under this stable id has ended.
    mutating func challengerSpoke(on connection: ConnectionID, at now: Instant, _ effects: inout [ClusterEffect]) {
        guard let hello = self.forgetChallenger(on: connection) else { return }
        self.joined(hello, on: connection, isWelcomed: true, at: now, &effects)
    }

    @discardableResult
    mutating func forgetChallenger(on connection: ConnectionID) -> WorkerHello? {
        guard let hello = self.challengers.removeValue(forKey: connection) else { return nil }
        self.workers[hello.stableID]!.challenger = nil
        return hello
    }

    mutating func endChallenge(of id: StableID, unlessOn kept: ConnectionID, because reason: String, _ effects: inout [ClusterEffect]) {
        guard let connection = self.workers[id]?.challenger, let hello = self.forgetChallenger(on: connection) else { return }
        self.workers[id]!.turnAway(hello.incarnation)
        if connection != kept { effects.append(.disconnect(connection, reason: reason)) }
    }
}
