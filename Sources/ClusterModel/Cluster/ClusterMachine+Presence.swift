import GatewayModel

// Presences: stored, then told to every shard that shows another one, and told again while it does.
extension ClusterMachine {
    /// A live shard that shows another presence is told once more after this.
    private static let presencePace = Duration.seconds(5)

    mutating func presenceRequested(
        _ id: RequestID, _ presence: Presence, _ scope: PresenceScope, at now: Instant, _ effects: inout [ClusterEffect]
    ) {
        if let refusal = self.presenceRefusal(presence, scope, at: now) {
            effects.append(.answer(id, .refused("\(refusal)")))
            return
        }
        self.presenceRevision = self.presenceRevision.next
        let planned = PlannedPresence(presence, revision: self.presenceRevision)
        let shards: String
        switch scope {
        case .all: shards = "all shards"
        case .shards(let some): shards = "shard \(some.map(\.description).joined(separator: ", "))"
        }
        let transition = Transition(kind: .presenceSet, detail: "\(presence.status.rawValue) for \(shards), revision \(planned.revision)".firstBytes(200))
        self.commit([.setPresence(planned, scope), .transition(transition)], as: .presence(planned, scope, id), &effects)
    }

    private func presenceRefusal(_ presence: Presence, _ scope: PresenceScope, at now: Instant) -> OperatorMistake? {
        let command = GatewayCommand.updatePresence(presence)
        do {
            try command.check()
        } catch {
            let (what, why, fix) = error.explanation
            return OperatorMistake(what: "the presence cannot be set: \(what)", why: why, fix: fix)
        }
        let bytes = CommandRequest.encodedBytes(of: command)
        guard bytes <= CommandLimits.maxPresenceBytes else {
            return OperatorMistake(
                what: "the presence has \(bytes) bytes",
                why: "it may have \(CommandLimits.maxPresenceBytes), since IDENTIFY has to hold it beside the token in \(CommandLimits.maxPayloadBytes)",
                fix: "shorten it")
        }
        if case .shards(let shards) = scope {
            guard self.generation != nil else {
                return OperatorMistake(what: "no shard can be given a presence of its own", why: "there is no shard set yet", fix: "set it for all, or wait")
            }
            guard let first = shards.first else {
                return OperatorMistake(what: "the presence is for no shard", why: "none is named", fix: "name some, or set it for all")
            }
            if let wrong = shards.first(where: { !(0..<self.numShards ~= $0.rawValue) }) {
                return OperatorMistake(
                    what: "shard \(wrong) does not exist", why: "this shard set has 0 to \(self.numShards - 1)", fix: "name shards of that range")
            }
            guard Set(shards).count == shards.count else {
                return OperatorMistake(what: "a shard is named twice, such as \(first)", why: "it shows one presence", fix: "name each once")
            }
        }
        guard self.mayCommit(at: now) else {
            return OperatorMistake(
                what: "the presence cannot be set", why: "the store is not available (\(self.storeProblem ?? "busy"))", fix: "try again when it is")
        }
        return nil
    }

    mutating func presenceCommitEnded(
        _ planned: PlannedPresence, _ scope: PresenceScope, _ request: RequestID, _ outcome: CommitOutcome, at now: Instant,
        _ effects: inout [ClusterEffect]
    ) {
        switch outcome {
        case .committed: break
        case .failed(let why), .refused(let why):
            effects.append(.answer(request, .refused("the presence was not set: \(why). Fix: try again.")))
            return
        case .unknown(let why):
            effects.append(.answer(request, .refused("nobody knows whether the presence was stored: \(why). Fix: set it again.")))
            return
        case .deposed: return
        }
        self.presences.set(planned, for: scope)
        for key in self.shardKeys { self.tellPresence(key, at: now, &effects) }
        effects.append(.answer(request, .done("presence \(planned.revision) is stored; the shards follow as Discord's limits allow")))
    }

    /// At once, after a change; a shard that is nobody's or on its way gets it with its assignment.
    private mutating func tellPresence(_ key: ShardKey, at now: Instant, _ effects: inout [ClusterEffect]) {
        guard let shard = self.shards[key], case .held = shard.step, let owner = shard.owner, let connection = self.workers[owner.stableID]?.connection,
            let wanted = self.presences[key.shard], wanted.revision != shard.presence
        else { return }
        self.shards[key]!.presenceToldAt = now
        effects.append(.tell(connection, .presence(ShardLease(key: key, epoch: shard.epoch), wanted)))
    }

    /// One that is not live yet gets it with its session: only a live one that shows something else has missed it.
    mutating func tellPresenceAgain(_ key: ShardKey, on connection: ConnectionID, at now: Instant, _ effects: inout [ClusterEffect]) {
        guard let shard = self.shards[key], shard.phase == .live, shard.presenceToldAt.map({ now >= $0 + Self.presencePace }) ?? true else { return }
        self.tellPresence(key, at: now, &effects)
    }
}

extension String {
    /// For a detail of the history: cut at a character.
    fileprivate func firstBytes(_ limit: Int) -> String {
        guard self.utf8.count > limit else { return self }
        var cut = ""
        for character in self {
            guard cut.utf8.count + character.utf8.count <= limit else { break }
            cut.append(character)
        }
        return cut + "…"
    }
}
