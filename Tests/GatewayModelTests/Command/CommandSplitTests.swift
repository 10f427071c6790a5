import GatewayModel
import Testing

@Suite("Splitting a command") struct CommandSplitTests {
    @Test("leaves alone what fits") func whole() {
        let sounds = GatewayCommand.requestSoundboardSounds(guildIDs: [1, 2])
        #expect(sounds.split(numShards: 1) == [sounds])
        let presence = GatewayCommand.updatePresence(Presence())
        #expect(presence.split(numShards: 5) == [presence])
        #expect(GatewayCommand.requestSoundboardSounds(guildIDs: []).split(numShards: 3) == [])
    }

    @Test("never makes a payload of more than 4096 bytes, in JSON or ETF, and loses no guild", arguments: [1, 150, 168, 169, 184, 185, 1000])
    func sizes(count: Int) throws {
        for id in [UInt64.max, 2_000_000_000_000_000_000, 7] {
            let ids = (0..<count).map { Snowflake(id - min(id, UInt64($0))) }
            let parts = GatewayCommand.requestSoundboardSounds(guildIDs: ids).split(numShards: 1)
            var seen: [Snowflake] = []
            for part in parts {
                guard case .requestSoundboardSounds(let guildIDs) = part else { throw CommandError.notConnected }
                seen += guildIDs
                // {"op":31,"d":{"guild_ids":["1","2"]}}
                #expect(30 + guildIDs.reduce(-1) { $0 + $1.description.utf8.count + 3 } <= 4096)
                // Version, two maps, keys, op, list header and tail; each id with tag and length.
                #expect(50 + guildIDs.reduce(0) { $0 + $1.description.utf8.count + 5 } <= 4096)
            }
            #expect(seen == ids)
            if id == 2_000_000_000_000_000_000 { #expect(parts.count == (count + 167) / 168) }
        }
    }

    @Test("gives each shard its own guilds, in order") func shards() {
        let ids = (UInt64(0)..<10).map { Snowflake($0 << 22) }
        let parts = GatewayCommand.requestSoundboardSounds(guildIDs: ids).split(numShards: 3)
        #expect(
            parts == [
                .requestSoundboardSounds(guildIDs: [ids[0], ids[3], ids[6], ids[9]]), .requestSoundboardSounds(guildIDs: [ids[1], ids[4], ids[7]]),
                .requestSoundboardSounds(guildIDs: [ids[2], ids[5], ids[8]]),
            ])
        #expect(parts.map { ShardID(ofGuild: $0.guildID ?? 99, numShards: 3).rawValue } == [0, 1, 2])
    }
}
