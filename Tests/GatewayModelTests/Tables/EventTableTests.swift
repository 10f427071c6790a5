import GatewayModel
import Testing

@Suite("The table of events") struct EventTableTests {
    @Test("has the data file's names, both ways") func names() throws {
        let reference = try ReferenceData.load()
        #expect(EventType.all.count == 79)
        #expect(Set(EventType.all.map(\.rawValue)) == Set(reference.eventToIntents.keys))
        for (index, type) in EventType.all.enumerated() {
            #expect(Int(type.index) == index)
            #expect(EventType(rawValue: type.rawValue) == type)
        }
    }

    @Test("says where the guild id lies") func routing() throws {
        for (name, row) in try ReferenceData.load().eventRouting {
            let type = EventType(rawValue: name)
            #expect(type.guildIDPath.map { "d." + $0.rawValue } == row.guildIdPath, "\(name)")
            #expect(type.mayLackGuildID == row.optional, "\(name)")
            #expect(type.isForShardZeroOnly == (row.shardZeroOnly ?? false), "\(name)")
        }
    }

    @Test("leads to the shard of the guild") func shards() throws {
        for vector in try ReferenceData.load().sharding.testVectors {
            let guild = try #require(UInt64(vector.guildId))
            for (numShards, shard) in vector.shard {
                #expect(ShardID(ofGuild: guild, numShards: try #require(Int(numShards))) == ShardID(shard))
            }
        }
    }
}
