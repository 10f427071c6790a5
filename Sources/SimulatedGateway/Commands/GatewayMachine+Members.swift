import GatewayModel

extension GatewayMachine {
    /// Op 8: chunks of up to 1000 members, at least one.
    mutating func listMembers(_ request: MemberRequest, on key: SessionKey, _ outputs: inout [GatewayOutput]) -> CommandRecord.Outcome {
        if let outcome = self.ownership(of: request.guild, by: key, op: 8) { return outcome }
        let intents = self.sessions[key]!.intents
        let nonce = request.nonce.flatMap { $0.utf8.count <= 32 ? $0 : nil }
        var chunk = MembersChunk(members: .list([]), presences: request.presences && intents & Intents.guildPresences != 0, nonce: nonce)
        switch request.selection {
        case .query("", limit: 0):
            guard intents & Intents.guildMembers != 0 else {
                self.record(.missingIntent, "guild \(request.guild): full member list without GUILD_MEMBERS")
                return .missingIntent
            }
            if let wait = self.waitForFullList(of: request.guild) {
                self.answer(
                    .rateLimited, request.guild, .rateLimited(RateLimit(retryAfterMilliseconds: wait, nonce: nonce)), on: key, &outputs)
                return .rateLimited
            }
            self.lastFullList[request.guild] = self.now
            let members = 0..<self.configuration.membersPerGuild
            chunk.count = max(1, (members.count + Self.chunkSize - 1) / Self.chunkSize)
            for index in 0..<chunk.count {
                chunk.index = index
                chunk.members = .range(members.dropFirst(index * Self.chunkSize).prefix(Self.chunkSize))
                self.answer(.guildMembersChunk, request.guild, .members(chunk), on: key, &outputs)
            }
            return .done
        case .query(let prefix, let limit):
            chunk.members = .list(self.members(withPrefix: prefix, limit: limit == 0 ? Self.resultLimit : min(limit, Self.resultLimit)))
        case .users(let ids):
            var numbers: Set<Int> = []
            for id in ids.prefix(Self.resultLimit) {
                if let number = SimulatedUser.member(id: id), number < self.configuration.membersPerGuild {
                    numbers.insert(number)
                } else {
                    chunk.notFound.append(id)
                }
            }
            chunk.members = .list(numbers.sorted())
        }
        self.answer(.guildMembersChunk, request.guild, .members(chunk), on: key, &outputs)
        return .done
    }

    private static let chunkSize = 1000
    /// Of a query, and of `user_ids`.
    private static let resultLimit = 100
    /// Between two full lists of a guild, over all sessions of the bot.
    private static let fullListInterval = Duration.seconds(30)

    /// Milliseconds until the guild's next full list is allowed; `nil`: now.
    private func waitForFullList(of guild: UInt64) -> Int64? {
        guard let last = self.lastFullList[guild], last + Self.fullListInterval > self.now else { return nil }
        return max(1, self.now.duration(to: last + Self.fullListInterval).inNanoseconds / 1_000_000)
    }

    private func members(withPrefix prefix: String, limit: Int) -> [Int] {
        let prefix = prefix.lowercased()
        var found: [Int] = []
        for number in 0..<self.configuration.membersPerGuild where SimulatedUser.name(ofMember: number).hasPrefix(prefix) {
            guard found.count < limit else { break }
            found.append(number)
        }
        return found
    }
}
