import GatewayModel

/// A presence on its way to the store.
struct PresenceToStore: Sendable {
    var planned: PlannedPresence
    var scope: PresenceScope
    var request: RequestID
    /// When it was asked for.
    var generation: Generation?
    /// Handed over and not yet ended.
    var commit: CommitID?
    /// An attempt ended without an answer.
    var mayBeWritten = false
}

// Presences: stored, then told to every shard that shows another one, and told again while it does.
extension ClusterMachine {
    /// A live shard that shows another presence is told once more after this.
    private static let presencePace = Duration.seconds(5)
    /// A shard is told a newer one after this: somebody who sets one after the other does not fill the streams of its workers.
    private static let presenceGap = Duration.seconds(1)
    /// That wait for the store at once.
    private static let maximumPresences = 64

    mutating func presenceRequested(
        _ id: RequestID, _ presence: Presence, _ scope: PresenceScope, at now: Instant, _ effects: inout [ClusterEffect]
    ) {
        if let refusal = self.presenceRefusal(presence, scope, at: now) {
            effects.append(.answer(id, .refused("\(refusal)")))
            return
        }
        self.presenceRevision = self.presenceRevision.next
        let planned = PlannedPresence(presence, revision: self.presenceRevision)
        self.presencesToStore.append(PresenceToStore(planned: planned, scope: scope, request: id, generation: self.generation))
    }

    /// One at a time, in order.
    mutating func storePresence(at now: Instant, _ effects: inout [ClusterEffect]) {
        guard let next = self.presencesToStore.first, next.commit == nil, self.mayCommit(at: now) else { return }
        if case .shards = next.scope {
            // Behind the commit of another set, these numbers would be that one's.
            guard !self.isStoringShardSet else { return }
            guard next.generation == self.generation else {
                self.presencesToStore.removeFirst()
                effects.append(.answer(next.request, .refused("the presence was not set: a re-shard replaced the set of these shards. Fix: set it again.")))
                return self.storePresence(at: now, &effects)
            }
        }
        let shards: String
        switch next.scope {
        case .all: shards = "all shards"
        case .shards(let some): shards = "shard \(some.map(\.description).joined(separator: ", "))"
        }
        let (presence, revision) = (next.planned.presence, next.planned.revision)
        let transition = Transition(kind: .presenceSet, detail: "\(presence.status.rawValue) for \(shards), revision \(revision)".firstBytes(200))
        self.presencesToStore[0].commit = self.commit([.setPresence(next.planned, next.scope), .transition(transition)], as: .presence, &effects)
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
        guard self.presencesToStore.count < Self.maximumPresences else {
            return OperatorMistake(
                what: "the presence cannot be set", why: "\(Self.maximumPresences) others are being stored", fix: "set fewer, and wait for answers")
        }
        guard self.mayCommit(at: now) else {
            return OperatorMistake(
                what: "the presence cannot be set", why: "the store is not available (\(self.storeProblem ?? "busy"))", fix: "try again when it is")
        }
        return nil
    }

    mutating func presenceCommitEnded(_ outcome: CommitOutcome, at now: Instant, _ effects: inout [ClusterEffect]) {
        let stored = self.presencesToStore[0]
        switch outcome {
        case .committed: break
        case .failed where stored.mayBeWritten, .unknown:
            // There is no way back: a successor may find it written. The same once more changes nothing then.
            self.presencesToStore[0].mayBeWritten = true
            self.presencesToStore[0].commit = nil
            return
        case .failed(let why), .refused(let why):
            self.presencesToStore.removeFirst()
            effects.append(.answer(stored.request, .refused("the presence was not set: \(why). Fix: try again.")))
            return
        case .deposed: return
        }
        self.presencesToStore.removeFirst()
        self.presences.set(stored.planned, for: stored.scope)
        for key in self.shardKeys { self.tellPresence(key, at: now, &effects) }
        effects.append(.answer(stored.request, .done("presence \(stored.planned.revision) is stored; the shards follow as Discord's limits allow")))
    }

    /// A shard that is nobody's or on its way gets it with its assignment.
    private mutating func tellPresence(_ key: ShardKey, at now: Instant, _ effects: inout [ClusterEffect]) {
        guard let shard = self.shards[key], case .held = shard.step, let owner = shard.owner, let connection = self.workers[owner.stableID]?.connection,
            let wanted = self.presences[key.shard], wanted.revision != shard.presence
        else { return }
        if let told = shard.presenceTold {
            guard now >= told.at + (told.revision == wanted.revision ? Self.presencePace : Self.presenceGap) else { return }
        }
        self.shards[key]!.presenceTold = (wanted.revision, now)
        effects.append(.tell(connection, .presence(ShardLease(key: key, epoch: shard.epoch), wanted)))
    }

    /// One that is not live yet gets it with its session: only a live one that shows something else has missed it.
    mutating func tellPresenceAgain(_ key: ShardKey, on connection: ConnectionID, at now: Instant, _ effects: inout [ClusterEffect]) {
        guard self.shards[key]?.phase == .live else { return }
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
