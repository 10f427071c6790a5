import GatewayModel
import Testing

/// What is refused before it is sent.
@Suite("Checks of commands") struct CommandCheckTests {
    static let id = String(repeating: "n", count: 32)

    @Test(
        "refuse what Discord would refuse",
        arguments: [
            (.updatePresence(Presence(activities: [Activity(name: "")])), "an activity has no name"),
            (.updatePresence(Presence(activities: [.playing("a"), Activity(name: "", kind: .custom, state: "b")])), "an activity has no name"),
            (.updatePresence(Presence(activities: [Activity(name: "a", kind: .custom)])), "a custom status has no text"),
            (.updatePresence(Presence(activities: [.custom("")])), "a custom status has no text"),
            (.requestGuildMembers(GuildMembersRequest(guildID: 1, .users([]))), "a members request names 0 users"),
            (
                .requestGuildMembers(GuildMembersRequest(guildID: 1, .users(Array(repeating: 1, count: 101)))), "a members request names 101 users"
            ),
            (.requestGuildMembers(GuildMembersRequest(guildID: 1, nonce: Self.id + "n")), "the nonce of a members request has 33 bytes"),
            (.requestGuildMembers(GuildMembersRequest(guildID: 1, nonce: String(repeating: "é", count: 17))), "the nonce of a members request has 34 bytes"),
            (.requestGuildMembers(GuildMembersRequest(guildID: 1, nonce: "")), "the nonce of a members request has 0 bytes"),
            (.requestGuildMembers(GuildMembersRequest(guildID: 1, .prefix("a", limit: 0))), "a members request for \"a\" has the limit 0"),
            (.requestGuildMembers(GuildMembersRequest(guildID: 1, .prefix("", limit: -1))), "a members request for \"\" has the limit -1"),
            (.requestGuildMembers(GuildMembersRequest(guildID: 1, .prefix("a", limit: 101))), "a members request for \"a\" has the limit 101"),
            (.requestSoundboardSounds(guildIDs: []), "a request for soundboard sounds names no guild"),
            (.requestChannelInfo(guildID: 1, fields: []), "a request for channel info names no field"),
        ] as [(GatewayCommand, String)])
    func refused(command: GatewayCommand, what: String) {
        let error = #expect(throws: CommandError.self) { try command.check() }
        #expect(error?.explanation.what == what)
    }

    @Test(
        "take what Discord takes",
        arguments: [
            .requestGuildMembers(GuildMembersRequest(guildID: 1, .users(Array(repeating: 1, count: 100)), nonce: Self.id)),
            .requestGuildMembers(GuildMembersRequest(guildID: 1, .prefix("", limit: 100))), .requestGuildMembers(GuildMembersRequest(guildID: 1)),
            .requestGuildMembers(GuildMembersRequest(guildID: 1, .prefix("a", limit: 1), presences: true)),
            .updatePresence(Presence(activities: [Activity(name: "a", kind: .playing, url: "anything: Discord drops it")])),
            .updateVoiceState(VoiceStateUpdate(guildID: 1, channelID: nil)), .raw(op: 3, data: nil), .raw(op: 77, data: []),
        ] as [GatewayCommand])
    func taken(command: GatewayCommand) throws {
        try command.check()
    }

    @Test("a raw command is none that the session or only Discord sends", arguments: [0, 1, 2, 6, 7, 9, 10, 11]) func rawOps(op: Int) {
        let error = #expect(throws: CommandError.self) { try GatewayCommand.raw(op: op, data: nil).check() }
        #expect(error?.explanation.what == "op \(op) is not for commands")
    }

    @Test(
        "D20: a stream has a page that Discord shows",
        arguments: [
            ("https://twitch.tv/a", true), ("https://www.twitch.tv/a", true), ("HTTPS://WWW.YouTube.com/watch?v=1", true), ("https://youtube.com", true),
            ("https://m.youtube.com/a#b", true), ("http://twitch.tv/a", false), ("https://nottwitch.tv/a", false), ("https://twitch.tv.example.org/a", false),
            ("https://example.org/twitch.tv", false), ("https://example.org?twitch.tv", false), ("https://a@b.twitch.tv/", false), ("twitch.tv/a", false),
            ("", false), ("https://", false), (nil, false),
        ] as [(String?, Bool)])
    func streams(url: String?, isTaken: Bool) {
        let command = GatewayCommand.updatePresence(Presence(activities: [Activity(name: "a", kind: .streaming, url: url)]))
        if isTaken {
            #expect(throws: Never.self) { try command.check() }
        } else {
            let error = #expect(throws: CommandError.self) { try command.check() }
            #expect(error?.explanation.what == "a streaming activity has no usable URL")
        }
    }

    @Test("an error says what happened, why, and how to fix it") func text() {
        let errors: [CommandError] = [
            .invalid(OperatorMistake(what: "a", why: "b", fix: "c")), .notConnected, .rateLimited(retryAfter: .seconds(2)), .tooLarge(bytes: 5000, limit: 4096),
            .queueFull(limit: 100), .cancelled, .timedOut(received: 1, of: 3), .timedOut(received: 0, of: nil), .nonceInUse("n"),
            .answerTooLarge(what: "chunks", limit: 10), .badAnswer("why"),
        ]
        #expect(
            errors.map(\.description) == [
                "a: b. Fix: c.",
                "the command was not sent: the shard was not connected in time. Fix: try again once the shard is live, or give it a later deadline.",
                "the command was not sent: Discord's rate limit does not allow it before its deadline. Fix: try again in 2.0 s, give it a later deadline, or send fewer commands.",
                "the command was not sent: it has 5000 bytes and may have 4096. Fix: shorten it, or split it into several.",
                "the command was not sent: 100 commands wait already. Fix: wait for results before sending more.",
                "the command was not sent: its sender gave up. Fix: send it again if it is still wanted.",
                "the answer is not complete: 1 of 3 chunks came before the deadline. Fix: give it a later deadline, and check that the intent GUILD_MEMBERS is on.",
                "the answer is not complete: 0 of unknown many chunks came before the deadline. Fix: give it a later deadline, and check that the intent GUILD_MEMBERS is on.",
                "the request was not sent: another one with the nonce n is under way. Fix: use another nonce, or none.",
                "the answer was dropped: it has more than 10 chunks. Fix: raise that limit, or read the chunks as events instead.",
                "the answer was dropped: why. Fix: ask again; if it stays so, report it with the chunks.",
            ])
    }
}
