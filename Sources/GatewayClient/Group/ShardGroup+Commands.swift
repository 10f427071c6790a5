public import GatewayModel

extension ShardGroup {
    /// Sends a command over the shard of its guild, as soon as Discord's limits allow it, over reconnects and resumes, within `limit` or not at all.
    ///
    /// One for guilds of several shards becomes several, sent one after the other: where one fails, those before it were sent. One that waits on a shard whose
    /// set a re-shard replaces goes over the new set, with the time that is left.
    ///
    /// - Parameters:
    ///   - command: names a guild; for one that does not, name the shard.
    ///   - numShards: only over this shard set; `nil`: the largest one that has the guild's shard here.
    ///   - limit: from now on.
    /// - Throws: `GroupCommandError.notHere` where that shard is not in this group.
    public func send(_ command: GatewayCommand, numShards: Int? = nil, within limit: Duration = .seconds(30)) async throws(GroupCommandError) {
        let deadline = BootClock.now + limit
        var waiting = [command]
        while let next = waiting.first {
            // For each part anew: the set that serves may be another by now, and has the guilds on other shards.
            let shard = try self.shard(for: next, numShards)
            waiting.replaceSubrange(..<1, with: next.split(numShards: shard.numShards))
            let part = waiting[0]
            do throws(GroupCommandError) {
                try await self.send(part, to: shard, within: deadline - BootClock.now)
                waiting.removeFirst()
            } catch {
                guard self.goesOn(part, after: error, over: shard, numShards, deadline: deadline) else { throw error }
            }
        }
    }

    /// Sends a command over this shard. A command that names a guild of another shard never leaves.
    public func send(
        _ command: GatewayCommand, to shard: ShardIdentity, within limit: Duration = .seconds(30)
    ) async throws(GroupCommandError) {
        guard let run = self.running(shard) else { throw .notHere([shard]) }
        do {
            try await run.send(command, within: limit)
        } catch {
            throw .failed(shard, error)
        }
    }

    /// Sets what the bot shows, on these shards, all at the same time. Each shard keeps it for its later sessions; where `matchers` has `.all`, so do shards
    /// that are attached later. Of two calls for all shards at the same time every shard shows the same one, the later.
    ///
    /// - Returns: the shards on which it was not sent within `limit`, each with why. It is retained there all the same, unless it is `invalid`.
    @discardableResult
    public func updatePresence(
        _ presence: Presence, matching matchers: [ShardMatcher] = [.all], within limit: Duration = .seconds(30)
    ) async -> [ShardIdentity: CommandError] {
        let isValid = (try? GatewayCommand.updatePresence(presence).check()) != nil
        let number = isValid && matchers.contains(.all) ? self.retain(presence) : nil
        return await withTaskGroup(of: (ShardIdentity, CommandError)?.self) { tasks in
            for (shard, run) in self.running(matching: matchers) {
                tasks.addTask {
                    do throws(CommandError) {
                        try await self.show(presence, number, on: run, within: limit)
                        return nil
                    } catch {
                        return (shard, error)
                    }
                }
            }
            var failures: [ShardIdentity: CommandError] = [:]
            for await failure in tasks { if let (shard, error) = failure { failures[shard] = error } }
            return failures
        }
    }

    /// - Parameter number: of `retain`. Two that are set for all shards at the same time are told to them in any order, and the later one stays.
    func show(_ presence: Presence, _ number: Int?, on run: GatewayShard, within limit: Duration) async throws(CommandError) {
        try await run.show(presence, within: limit, unless: { number.map { !self.isLatest($0) } ?? false })
    }

    /// Asks for members of a guild over its shard, and waits for the whole answer. See `GatewayShard.requestMembers`. Where a re-shard replaces the shard's set
    /// before the answer is there, the new set is asked, with the time that is left.
    public func requestMembers(
        _ request: GuildMembersRequest, numShards: Int? = nil, within limit: Duration = .seconds(60)
    ) async throws(GroupCommandError) -> GuildMembers {
        let (deadline, command) = (BootClock.now + limit, GatewayCommand.requestGuildMembers(request))
        while true {
            let shard = try self.shard(for: command, numShards)
            do throws(GroupCommandError) {
                guard let run = self.running(shard) else { throw .notHere([shard]) }
                do {
                    return try await run.requestMembers(request, within: deadline - BootClock.now)
                } catch {
                    throw .failed(shard, error)
                }
            } catch {
                guard self.goesOn(command, after: error, over: shard, numShards, deadline: deadline) else { throw error }
            }
        }
    }

    /// Whether the shard has ended, unanswered, and its guild has another one here: what a shard did not send by its end it never sends.
    private func goesOn(
        _ command: GatewayCommand, after error: GroupCommandError, over shard: ShardIdentity, _ numShards: Int?, deadline: Instant
    ) -> Bool {
        guard error == .failed(shard, .notConnected) || error == .notHere([shard]), numShards == nil, BootClock.now < deadline else { return false }
        guard let guild = command.guildID, case .shard(let next) = self.route(guild: guild, numShards: nil) else { return false }
        return next != shard
    }

    private func shard(for command: GatewayCommand, _ numShards: Int?) throws(GroupCommandError) -> ShardIdentity {
        guard let guild = command.guildID else { throw .noGuild }
        switch self.route(guild: guild, numShards: numShards) {
        case .shard(let shard): return shard
        case .notHere(let owners): throw .notHere(owners)
        }
    }
}

/// Why a command of a group has not done what was asked.
public enum GroupCommandError: OperatorError, Equatable {
    /// The command must go over one of these shards (the guild's, in each shard set that has shards here), and none of them runs here. Empty: no shard does.
    case notHere([ShardIdentity])
    /// The command names no guild, so its shard must be named.
    case noGuild
    /// The shard could not send it, or was not answered.
    case failed(ShardIdentity, CommandError)

    /// What happened, why, and how to fix it.
    public var explanation: (what: String, why: String, fix: String) {
        switch self {
        case .notHere(let shards):
            (
                "the command was not sent",
                shards.isEmpty ? "no shard runs here" : "shard \(shards.map(\.description).joined(separator: " or ")) does not run here",
                "send it in the process that runs the guild's shard"
            )
        case .noGuild: ("the command was not sent", "it names no guild, so any shard could send it", "name the shard, or use updatePresence")
        case .failed(_, let error): error.explanation
        }
    }
}
