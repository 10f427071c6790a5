import GatewayModel
import Testing

/// Each test shows that a known defect of an earlier system is not ours. The numbers are those of docs/seeds.md.
@Suite("Defects around commands") struct CommandDefectTests {
    private static let start = Instant(nanoseconds: 1_000_000_000_000)

    private static func live() -> CommandQueue {
        var queue = CommandQueue()
        queue.connectionOpened(at: Self.start)
        queue.helloReceived(interval: .milliseconds(41_250))
        _ = queue.becameLive(at: Self.start)
        return queue
    }

    /// Offers more than may go out, for `seconds`; the instants at which something was written.
    private static func flood(_ queue: inout CommandQueue, seconds: Int) -> [Instant] {
        var sent: [Instant] = []
        var number: UInt64 = 0
        for step in 0..<(seconds * 10) {
            let now = Self.start + .milliseconds(100 * step)
            var effects = queue.timePassed(to: now)
            while true {
                while let effect = effects.popLast() {
                    guard case .send(let id, _) = effect else { continue }
                    sent.append(now)
                    effects += queue.written(id, at: now)
                }
                guard queue.count < 50 else { break }
                number += 1
                effects = queue.enqueue(CommandID(rawValue: number), .raw(op: 99, data: [:]), encodedBytes: 100, deadline: now + .seconds(600), at: now)
            }
        }
        return sent
    }

    @Test("Defect 4: a guild id is a number in every command, and is sent as Discord wants it") func defect04NumericGuild() {
        let commands: [GatewayCommand] = [
            .updateVoiceState(VoiceStateUpdate(guildID: 81_384_788_765_712_384, channelID: nil)),
            .requestGuildMembers(GuildMembersRequest(guildID: 81_384_788_765_712_384)),
            .requestChannelInfo(guildID: 81_384_788_765_712_384, fields: [.status]),
            .raw(op: 99, data: ["guild_id": 81_384_788_765_712_384]),
        ]
        for command in commands { #expect(command.guildID == 81_384_788_765_712_384) }
        #expect(Self.field("guild_id", of: commands[0].data) == .string("81384788765712384"))
    }

    @Test("Defect 20: a presence has activities, a list, and no game") func defect20Presence() {
        let data = GatewayCommand.updatePresence(Presence(activities: [.playing("chess")], status: .idle)).data
        guard case .object(let fields) = data else { return #expect(Bool(false), "\(data)") }
        #expect(fields.map(\.key).sorted() == ["activities", "afk", "since", "status"])
        guard case .array(let activities)? = Self.field("activities", of: data) else { return #expect(Bool(false), "\(data)") }
        #expect(activities.count == 1)
    }

    @Test("Defect 20: a request for members can name users, presences and a nonce") func defect20Members() {
        let request = GuildMembersRequest(guildID: 1, .users([2, 3]), presences: true, nonce: "n")
        let data = GatewayCommand.requestGuildMembers(request).data
        #expect(Self.field("user_ids", of: data) == .array(["2", "3"]))
        #expect(Self.field("presences", of: data) == true)
        #expect(Self.field("nonce", of: data) == "n")
    }

    @Test("Defect 22: commands are held back before Discord would close with 4008, and none is lost") func defect22Limited() {
        var queue = Self.live()
        let sent = Self.flood(&queue, seconds: 30)
        #expect(sent.count > 50)
        #expect(sent.count <= 120)
    }

    @Test("Defect 30: in no window of 60 s do more than 120 payloads go out, wherever it begins") func defect30Sliding() {
        var queue = Self.live()
        let sent = Self.flood(&queue, seconds: 300)
        #expect(sent.count > 400)
        for first in sent {
            let inWindow = sent.count { $0 >= first && $0 < first + .seconds(60) }
            // Two heartbeats and one answer to op 1 must still fit.
            #expect(inWindow <= 117)
        }
    }

    @Test("Defect 46: presence and voice commands have their opcodes, not 0") func defect46Opcodes() {
        #expect(GatewayCommand.updatePresence(Presence()).op == GatewayOpcode.presenceUpdate.rawValue)
        #expect(GatewayCommand.updateVoiceState(VoiceStateUpdate(guildID: 1, channelID: 2)).op == GatewayOpcode.voiceStateUpdate.rawValue)
    }

    @Test("Defect 46: the limit holds for commands, and a heartbeat always has room") func defect46Heartbeat() {
        var queue = Self.live()
        let sent = Self.flood(&queue, seconds: 50).count
        for _ in 0..<3 { queue.noteSent(at: Self.start + .seconds(50)) }
        #expect(sent + 3 <= 120)
    }

    private static func field(_ key: String, of value: PayloadValue) -> PayloadValue? {
        guard case .object(let fields) = value else { return nil }
        return fields.first { $0.key == key }?.value
    }
}
