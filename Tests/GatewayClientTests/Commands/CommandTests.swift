import GatewayClient
import GatewayModel
import GatewaySimulator
import Logging
import NIOPosix
import SimulatedGateway
import Synchronization
import Testing

@Suite("Commands to a simulated Discord", .timeLimit(.minutes(1))) struct CommandTests {
    // MARK: Payloads

    @Test("arrive as they were meant, in any encoding", arguments: GatewayEncoding.allCases) func arrive(encoding: GatewayEncoding) async throws {
        try await CommandRig.run(CommandRig.Options(encoding: encoding)) { rig in
            let guild = Snowflake(rig.guilds[0])
            let channel = Snowflake(SimulatedGuild(id: guild.rawValue).voiceChannel)
            await rig.waitForReady()
            try await rig.shard.send(
                .updatePresence(
                    Presence(since: 1_700_000_000_000, activities: [.streaming("Chess é", url: "https://twitch.tv/a"), .custom("b")], status: .dnd, afk: true)))
            try await rig.shard.send(.updateVoiceState(VoiceStateUpdate(guildID: guild, channelID: channel, selfMute: true, selfDeaf: false)))
            try await rig.shard.send(.updateVoiceState(VoiceStateUpdate(guildID: guild, channelID: nil)))
            try await rig.shard.send(.requestSoundboardSounds(guildIDs: rig.guilds.map { Snowflake($0) }))
            try await rig.shard.send(.requestChannelInfo(guildID: guild, fields: ChannelInfoField.all))
            try await rig.shard.send(.requestGuildMembers(GuildMembersRequest(guildID: guild, .prefix("a", limit: 5), presences: true, nonce: "n")))
            try await rig.shard.send(.raw(op: 8, data: ["guild_id": .string("\(guild)"), "user_ids": ["7"]]))
            try await rig.wait(forCommands: 7)
            let records = try await rig.commands()
            #expect(
                records.map(\.command) == [
                    .presence(
                        SimulatedPresence(
                            since: 1_700_000_000_000,
                            activities: [
                                SimulatedPresence.Activity(name: "Chess é", type: 1, url: "https://twitch.tv/a"),
                                SimulatedPresence.Activity(name: "Custom Status", type: 4, state: "b"),
                            ], status: .dnd, isAFK: true)),
                    .voiceState(VoiceStateRequest(guild: guild.rawValue, channel: channel.rawValue, selfMute: true)),
                    .voiceState(VoiceStateRequest(guild: guild.rawValue, channel: nil)), .soundboardSounds(guilds: rig.guilds),
                    .channelInfo(guild: guild.rawValue, fields: [.status, .voiceStartTime]),
                    .members(MemberRequest(guild: guild.rawValue, .query("a", limit: 5), presences: true, nonce: "n")),
                    .members(MemberRequest(guild: guild.rawValue, .users([7]))),
                ])
            #expect(records.allSatisfy { $0.outcome == .done })
            #expect(try await rig.violations() == [])
        }
    }

    @Test("defect 22: of more than 4096 bytes never leave; of 4096 they do") func size() async throws {
        try await CommandRig.run { rig in
            await rig.waitForReady()
            let guild = UInt64(1_000_000_000_000_000_000)
            let ids = (0..<185).map { Snowflake(guild + UInt64($0)) }
            await #expect(throws: CommandError.tooLarge(bytes: 4099, limit: 4096)) { try await rig.shard.send(.requestSoundboardSounds(guildIDs: ids)) }
            try await rig.shard.send(.requestSoundboardSounds(guildIDs: Array(ids.dropLast())))
            for part in GatewayCommand.requestSoundboardSounds(guildIDs: ids).split(numShards: 1) { try await rig.shard.send(part) }
            try await rig.wait(forCommands: 3)
            #expect(try await rig.violations() == [])
        }
    }

    @Test(
        "of which any guild is on another shard never leave",
        arguments: [
            GatewayCommand.updateVoiceState(VoiceStateUpdate(guildID: Snowflake(2 << 22), channelID: nil)),
            .requestSoundboardSounds(guildIDs: [Snowflake(1 << 22), Snowflake(2 << 22)]),
            .raw(op: 31, data: ["guild_ids": ["4194304", "8388608"]]), .raw(op: 99, data: ["guild_id": 8_388_608]),
        ])
    func otherShard(command: GatewayCommand) async {
        let shard = GatewayShard(
            configuration: GatewayShardConfiguration(
                shard: ShardID(1), numShards: 4, token: Secret("token"), intents: 1, gatewayURL: "ws://127.0.0.1:1"),
            handler: Recorder(), eventLoop: MultiThreadedEventLoopGroup.singleton.next(), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let ended = Mutex<Result<Void, CommandError>?>(nil)
        shard.submit(command, within: .seconds(5)) { result in ended.withLock { $0 = result } }
        shard.stop(.fence)
        _ = await shard.run()
        guard case .failure(.invalid(let why))? = ended.withLock({ $0 }) else {
            Issue.record("it is on its way")
            return
        }
        #expect(why.what == "guild 8388608 is not on shard 1")
    }

    @Test("that Discord would refuse never leave") func refused() async throws {
        try await CommandRig.run { rig in
            await rig.waitForReady()
            for command in [GatewayCommand.raw(op: 2, data: nil), .updatePresence(Presence(activities: [Activity(name: "")]))] {
                let error = await #expect(throws: CommandError.self) { try await rig.shard.send(command) }
                guard case .invalid? = error else {
                    Issue.record("\(command) ended in \(String(describing: error))")
                    continue
                }
            }
            try await rig.shard.send(.updatePresence(Presence()))
            try await rig.wait(forCommands: 1)
            #expect(try await rig.commands().count == 1)
            #expect(try await rig.violations() == [])
        }
    }

    // MARK: Presence

    @Test("a presence comes with IDENTIFY, and again with that of a new session", arguments: GatewayEncoding.allCases)
    func presence(encoding: GatewayEncoding) async throws {
        let first = Presence(activities: [.playing("first")], status: .idle)
        try await CommandRig.run(CommandRig.Options(encoding: encoding, presence: first)) { rig in
            await rig.waitForReady()
            #expect(
                try await rig.presence() == SimulatedPresence(activities: [SimulatedPresence.Activity(name: "first", type: 0)], status: .idle))
            try await rig.shard.send(.updatePresence(Presence(activities: [.watching("second")])))
            try await rig.wait(forCommands: 1)
            try await rig.simulator.inject(.invalidate(.all, resumable: false))
            await rig.waitForReady(2)
            #expect(try await rig.presence() == SimulatedPresence(activities: [SimulatedPresence.Activity(name: "second", type: 3)]))
            #expect(try await rig.commands(op: 3).count == 1, "the new session began with it")
            #expect(try await rig.violations() == [])
        }
    }

    @Test("presences go out 5 times in 20 s, and more are refused with how long to wait") func presenceLimit() async throws {
        try await CommandRig.run { rig in
            await rig.waitForReady()
            for number in 1...5 { try await rig.shard.send(.updatePresence(Presence(activities: [.playing("\(number)")]))) }
            let error = await #expect(throws: CommandError.self) { try await rig.shard.send(.updatePresence(Presence()), within: .seconds(5)) }
            guard case .rateLimited(let retryAfter)? = error else {
                Issue.record("ended in \(String(describing: error))")
                return
            }
            #expect(.seconds(10)...(.seconds(21)) ~= retryAfter)
            // It does not hold up what comes behind it.
            try await withThrowingTaskGroup { group in
                group.addTask { await Self.error { () throws(CommandError) in try await rig.send(Presence(status: .dnd)) } }
                try await rig.shard.send(.requestChannelInfo(guildID: Snowflake(rig.guilds[0]), fields: [.status]))
                try await rig.wait(forCommands: 6)
                #expect(try await rig.commands().map(\.command.op) == [3, 3, 3, 3, 3, 43])
                // One that replaces it ends it well.
                group.addTask { await Self.error { () throws(CommandError) in try await rig.send(Presence(status: .invisible)) } }
                #expect(try await group.next() == .some(nil))
                group.cancelAll()
                #expect(try await group.next() == .cancelled)
            }
            #expect(try await rig.violations() == [])
            #expect(try await rig.commands(op: 3).allSatisfy { $0.outcome == .done })
        }
    }

    // MARK: The queue

    @Test("what waits survives a resume", arguments: GatewayEncoding.allCases) func survivesResume(encoding: GatewayEncoding) async throws {
        try await CommandRig.run(CommandRig.Options(encoding: encoding)) { rig in
            await rig.waitForReady()
            // Two dials that come to nothing, so that there is a time without connection.
            try await rig.simulator.inject(.endEarly(next: 2, payloads: 0, .cut(.reset)))
            try await rig.simulator.inject(.cut(.all, .reset))
            await rig.waitForDisconnect()
            async let first: Void = rig.shard.send(.requestChannelInfo(guildID: Snowflake(rig.guilds[0]), fields: [.status]))
            async let second: Void = rig.shard.send(.requestSoundboardSounds(guildIDs: [Snowflake(rig.guilds[1])]))
            _ = try await (first, second)
            await rig.waitForResumed()
            try await rig.wait(forCommands: 2)
            let machine = try await rig.simulator.snapshot()
            #expect(machine.counts.identifies == 1)
            #expect(machine.counts.resumes == 1)
            #expect(try await rig.violations() == [])
        }
    }

    @Test("what nobody waits for any more is taken back, and what waits too long fails") func endOfWaiting() async throws {
        try await CommandRig.run(CommandRig.Options(faults: [.refuseIdentify(next: 1, .silence)])) { rig in
            let guild = Snowflake(rig.guilds[0])
            await #expect(throws: CommandError.notConnected) {
                try await rig.shard.send(.requestChannelInfo(guildID: guild, fields: [.status]), within: .milliseconds(100))
            }
            await #expect(throws: CommandError.notConnected, "not: timed out") {
                _ = try await rig.shard.requestMembers(GuildMembersRequest(guildID: guild), within: .milliseconds(100))
            }
            await withTaskGroup { group in
                group.addTask { await Self.error { () throws(CommandError) in try await rig.ask(guild) } }
                group.cancelAll()
                #expect(await group.next() == .cancelled)
            }
        }
    }

    @Test("what waits when the shard ends fails, and so does what comes later") func end() async throws {
        try await CommandRig.run(CommandRig.Options(faults: [.refuseIdentify(next: 1, .silence)])) { rig in
            let guild = Snowflake(rig.guilds[0])
            await withTaskGroup { group in
                group.addTask { await Self.error { () throws(CommandError) in try await rig.ask(guild) } }
                group.addTask {
                    await Self.error { () throws(CommandError) in
                        _ = try await rig.shard.requestMembers(GuildMembersRequest(guildID: guild), within: .seconds(600))
                    }
                }
                rig.shard.stop(.fence)
                for await error in group { #expect(error == .notConnected) }
            }
            await #expect(throws: CommandError.notConnected) { try await rig.shard.send(.updatePresence(Presence()), within: .seconds(600)) }
        }
    }

    @Test("defects 22, 30, 46: a burst of 300 stays within Discord's limit, with room for heartbeats; a new connection has its own") func burst() async throws {
        try await CommandRig.run(CommandRig.Options(commands: CommandLimits(maxQueued: 300))) { rig in
            await rig.waitForReady()
            let guild = Snowflake(rig.guilds[0])
            let results = await Self.burst(300, rig, guild, within: .seconds(20))
            #expect(results.count { $0 == nil } == 115)
            for case let error? in results {
                guard case .rateLimited(let retryAfter) = error else {
                    Issue.record("ended in \(error)")
                    continue
                }
                #expect(.seconds(40)...(.seconds(183)) ~= retryAfter)
            }
            // IDENTIFY was one; these may be asked for, and the two that are due at any time.
            for _ in 0..<2 { try await rig.simulator.inject(.requestHeartbeat(.all)) }
            try await rig.wait(forCommands: 115)
            #expect(try await rig.violations() == [])
            try await rig.simulator.inject(.cut(.all, .reset))
            await rig.waitForResumed()
            #expect(await Self.burst(100, rig, guild, within: .seconds(20)).allSatisfy { $0 == nil })
            try await rig.wait(forCommands: 215)
            let machine = try await rig.simulator.snapshot()
            #expect(machine.violations == [])
            #expect(machine.counts.identifies == 1)
            #expect(machine.counts.resumes == 1)
        }
    }

    /// All at once; what each ended in.
    private static func burst(_ count: Int, _ rig: CommandRig, _ guild: Snowflake, within limit: Duration) async -> [CommandError?] {
        await withTaskGroup { group in
            for _ in 0..<count { group.addTask { await Self.error { () throws(CommandError) in try await rig.ask(guild, within: limit) } } }
            return await group.reduce(into: []) { $0.append($1) }
        }
    }

    /// `nil`: it was done.
    private static func error(of command: () async throws(CommandError) -> Void) async -> CommandError? {
        do throws(CommandError) {
            try await command()
            return nil
        } catch {
            return error
        }
    }
}

extension CommandRig {
    fileprivate func send(_ presence: Presence) async throws(CommandError) {
        try await self.shard.send(.updatePresence(presence), within: .seconds(60))
    }

    fileprivate func ask(_ guild: Snowflake, within limit: Duration = .seconds(600)) async throws(CommandError) {
        try await self.shard.send(.requestChannelInfo(guildID: guild, fields: [.status]), within: limit)
    }
}
