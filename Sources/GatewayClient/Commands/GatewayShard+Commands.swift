public import GatewayModel
import NIOCore

extension GatewayShard {
    /// Sends a command as soon as Discord's limits allow it, over reconnects and resumes, within `limit` or not at all.
    ///
    /// Returns once it is written, or once a later presence took its place. Discord confirms no command; what it answers comes as dispatches.
    ///
    /// - Throws: `CommandError`; cancellation is `CommandError.cancelled`, unless it was written already.
    public func send(_ command: GatewayCommand, within limit: Duration = .seconds(30)) async throws(CommandError) {
        try command.check()
        try self.checkOwner(of: command)
        let deadline = BootClock.now + limit
        try await self.answer { desk, id, answer in desk.send(id, command, deadline: deadline, answer) }
    }

    /// Sends a presence, with which later sessions begin also where it was not sent within `limit`.
    ///
    /// - Parameter isOutdated: asked on the event loop, where commands get their order: then another one takes its place, and nothing is done.
    func show(
        _ presence: Presence, within limit: Duration, unless isOutdated: @escaping @Sendable () -> Bool = { false }
    ) async throws(CommandError) {
        let command = GatewayCommand.updatePresence(presence)
        try command.check()
        let deadline = BootClock.now + limit
        try await self.answer { desk, id, answer in
            guard !isOutdated() else { return answer(.success(())) }
            desk.send(id, command, deadline: deadline, isRetained: true, answer)
        }
    }

    /// The same as `send` without waiting: commands leave in the order of these calls.
    ///
    /// - Parameter ended: called once, on the shard's event loop or before this returns.
    package func submit(_ command: GatewayCommand, within limit: Duration, ended: @escaping @Sendable (Result<Void, CommandError>) -> Void) {
        do {
            try command.check()
            try self.checkOwner(of: command)
        } catch {
            ended(.failure(error))
            return
        }
        let (id, deadline) = (self.nextCommandID(), BootClock.now + limit)
        self.onDriver { driver in
            driver.commands.send(id, command, deadline: deadline, ended)
            driver.armTimer()
        }
    }

    /// The same as `show` without waiting, for what was checked before.
    ///
    /// - Parameter presence: asked on the event loop, where commands get their order; `nil`: nothing is to be shown.
    func retain(_ presence: @escaping @Sendable () -> Presence?, within limit: Duration) {
        let (id, deadline) = (self.nextCommandID(), BootClock.now + limit)
        self.onDriver { driver in
            guard let presence = presence() else { return }
            driver.commands.send(id, .updatePresence(presence), deadline: deadline, isRetained: true) { _ in }
            driver.armTimer()
        }
    }

    /// Asks for members of a guild and waits for the whole answer: all chunks, also over a RESUME, and asked again where a session was lost.
    ///
    /// Discord answers one full list per guild and bot in 30 s: a second request waits for the first one's answer, or for its turn.
    ///
    /// - Throws: `CommandError`.
    public func requestMembers(_ request: GuildMembersRequest, within limit: Duration = .seconds(60)) async throws(CommandError) -> GuildMembers {
        let command = GatewayCommand.requestGuildMembers(request)
        try command.check()
        try self.checkOwner(of: command)
        let deadline = BootClock.now + limit
        let chunks = try await self.answer { desk, id, answer in desk.request(id, request, deadline: deadline, answer) }
        return GuildMembers(guildID: request.guildID, chunks: chunks)
    }

    /// What Discord does with a command that comes over another shard than the guild's is not documented: it never leaves.
    private func checkOwner(of command: GatewayCommand) throws(CommandError) {
        for guildID in command.guildIDs {
            let owner = ShardID(ofGuild: guildID, numShards: self.configuration.numShards)
            guard owner == self.configuration.shard else {
                throw .invalid(
                    OperatorMistake(
                        what: "guild \(guildID) is not on shard \(self.configuration.shard)",
                        why: "of \(self.configuration.numShards) shards it is on \(owner)", fix: "send it there, or let a ShardGroup choose"))
            }
        }
    }

    private func answer<Value: Sendable>(
        _ ask: @escaping @Sendable (CommandDesk, CommandID, @escaping CommandDesk.Answer<Value>) -> Void
    ) async throws(CommandError) -> Value {
        let id = self.nextCommandID()
        let result: Result<Value, CommandError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                self.onDriver { driver in
                    ask(driver.commands, id) { continuation.resume(returning: $0) }
                    driver.armTimer()
                }
                // Where the handler below came before the command, it found nothing to take back.
                if Task.isCancelled { self.onDriver { $0.commands.cancel(id) } }
            }
        } onCancel: {
            self.onDriver { $0.commands.cancel(id) }
        }
        return try result.get()
    }
}
