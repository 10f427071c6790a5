import GatewayModel
import SimulatedGateway
import Testing

@Suite struct CommandTests {
    private static let foreign = Gateway.guild(2)
    private static let unknown = Gateway.guild(101)

    @Test("the last presence counts, and the session keeps it over a RESUME and a restart") func presence() throws {
        var gateway = Gateway()
        let id = gateway.connect()
        let first = SimulatedPresence(status: .idle)
        _ = gateway.send(
            .identify(Identify(token: "token", shard: 0, numShards: 1, intents: Intents.guildMessages, presence: first)), on: id)
        #expect(gateway.machine.sessionStatuses.map(\.presence) == [first])
        let second = SimulatedPresence(
            since: 91_879_201, activities: [.init(name: "Save the Oxford Comma", type: 0, state: "x", url: "https://twitch.tv/y")], status: .dnd, isAFK: true)
        #expect(gateway.send(.command(.presence(second)), on: id) == [])
        #expect(gateway.machine.sessionStatuses.map(\.presence) == [second])
        gateway.machine = try GatewayMachine(restoring: gateway.machine.saved(), configuration: gateway.machine.configuration)
        #expect(gateway.machine.sessionStatuses.map(\.presence) == [second])
        #expect(gateway.violations == [])
    }

    @Test("5 presences in 20 s count; the others are ignored, and are violations") func presenceRate() {
        var gateway = Gateway()
        let live = gateway.live()
        for number in 0..<7 {
            _ = gateway.send(.command(.presence(SimulatedPresence(since: Int64(number)))), on: live.connection)
            _ = gateway.after(.seconds(1))
        }
        #expect(gateway.machine.commands.map(\.outcome) == [.done, .done, .done, .done, .done, .presenceLimit, .presenceLimit])
        #expect(gateway.machine.sessionStatuses.map(\.presence?.since) == [4])
        #expect(gateway.violations == [.presenceRate, .presenceRate])
        // The first was at 0 s: it leaves the window at 20 s.
        _ = gateway.after(.seconds(12))
        _ = gateway.send(.command(.presence(SimulatedPresence(since: 7))), on: live.connection)
        _ = gateway.after(.seconds(1))
        _ = gateway.send(.command(.presence(SimulatedPresence(since: 8))), on: live.connection)
        #expect(gateway.machine.commands.suffix(2).map(\.outcome) == [.presenceLimit, .done])
        #expect(gateway.machine.counts.commands == 9)
    }

    @Test("joining a voice channel answers with state and server, leaving with the state alone") func voice() {
        var gateway = Gateway()
        let live = gateway.live(shard: 1, of: 2, intents: Intents.guildVoiceStates)
        let guild = Gateway.guild(3)
        let join = VoiceStateRequest(guild: guild, channel: SimulatedGuild(id: guild).voiceChannel, selfMute: true)
        #expect(gateway.send(.command(.voiceState(join)), on: live.connection).dispatches.map(\.type) == [.voiceStateUpdate, .voiceServerUpdate])
        let leave = VoiceStateRequest(guild: guild, channel: nil)
        #expect(gateway.send(.command(.voiceState(leave)), on: live.connection).dispatches.map(\.type) == [.voiceStateUpdate])
        // A channel that is none: no answer, as where it is full.
        let nowhere = VoiceStateRequest(guild: guild, channel: SimulatedGuild(id: guild).textChannel)
        #expect(gateway.send(.command(.voiceState(nowhere)), on: live.connection) == [])
        #expect(gateway.ledger.map(\.type) == [.voiceStateUpdate, .voiceServerUpdate, .voiceStateUpdate])
        #expect(gateway.violations == [])
    }

    @Test("the voice state goes to every session with its intent, the voice server to the one that asked") func voiceAudience() {
        var gateway = Gateway()
        let asking = gateway.live()
        let other = gateway.live(intents: Intents.guildVoiceStates)
        let guild = Gateway.guild(0)
        let join = VoiceStateRequest(guild: guild, channel: SimulatedGuild(id: guild).voiceChannel)
        let sent = gateway.send(.command(.voiceState(join)), on: asking.connection).dispatches
        #expect(sent.map(\.connection) == [other.connection, asking.connection])
        #expect(sent.map(\.type) == [.voiceStateUpdate, .voiceServerUpdate])
    }

    @Test("soundboard sounds come guild by guild, channel info once") func infos() {
        var gateway = Gateway()
        let live = gateway.live(of: 2)
        let guilds = [Gateway.guild(0), Gateway.guild(1), Gateway.guild(2), Gateway.guild(102), Gateway.guild(4)]
        let sounds = gateway.send(.command(.soundboardSounds(guilds: guilds)), on: live.connection).dispatches.map(\.type)
        #expect(sounds == [.soundboardSounds, .soundboardSounds, .soundboardSounds])
        #expect(gateway.violations == [.wrongShard])
        #expect(gateway.send(.command(.channelInfo(guild: Gateway.guild(0), fields: .status)), on: live.connection).dispatches.map(\.type) == [.channelInfo])
        #expect(gateway.machine.commands.map(\.outcome) == [.wrongShard, .done])
    }

    @Test(
        "a guild of another shard is ignored and a violation, a guild without the bot is ignored",
        arguments: [
            { .voiceState(VoiceStateRequest(guild: $0, channel: nil)) }, { .members(MemberRequest(guild: $0, .query("a", limit: 1))) },
            { .soundboardSounds(guilds: [$0]) }, { .channelInfo(guild: $0, fields: .status) },
        ] as [@Sendable (UInt64) -> ClientCommand])
    func foreign(command: @Sendable (UInt64) -> ClientCommand) {
        var gateway = Gateway()
        let live = gateway.live(shard: 1, of: 2)
        #expect(gateway.send(.command(command(Self.foreign)), on: live.connection) == [])
        #expect(gateway.violations == [.wrongShard])
        #expect(gateway.send(.command(command(Self.unknown)), on: live.connection) == [])
        #expect(gateway.violations == [.wrongShard])
        #expect(gateway.machine.commands.map(\.outcome) == [.wrongShard, .unknownGuild])
        #expect(gateway.machine.commands.map(\.connection) == [live.connection, live.connection])
    }

    @Test("commands count towards 120 in 60 s together with all else") func sendRate() {
        var gateway = Gateway()
        let live = gateway.live()
        let command = ClientPayload.command(.channelInfo(guild: Gateway.guild(0), fields: []))
        for number in 0..<119 { #expect(gateway.send(number.isMultiple(of: 2) ? command : .heartbeat(sequence: nil), on: live.connection).closes == []) }
        #expect(gateway.send(command, on: live.connection).closes == [4008])
        #expect(gateway.violations == [.sendRate])
        // A new connection has an allowance of its own.
        let id = gateway.connect()
        _ = gateway.resume(id, live.session, from: 1)
        #expect(gateway.send(command, on: id).closes == [])
    }
}
