import Foundation
import GatewayModel
import Testing

/// The few events that have types, out of JSON and of ETF, whatever Discord adds or leaves out.
@Suite("Typed data of events") struct ModelTests {
    static func decode<Value: Decodable>(_ type: Value.Type, _ json: String) throws -> Value {
        try JSONDecoder().decode(type, from: Data(json.utf8))
    }

    static func decode<Value: Decodable>(_ type: Value.Type, etf data: PayloadValue) throws -> Value {
        let payload = PayloadCodec.etf.encode(op: 11, data: data)
        let envelope = try payload.withUnsafeBytes { try PayloadCodec.etf.envelope($0) }
        return try ETFDecoder().decode(type, from: payload[try #require(envelope.data)])
    }

    // MARK: READY

    static let readyJSON = """
        {"v":10,"user_settings":{},"user":{"id":"81384788765712384","username":"bot","global_name":null,"discriminator":"0042","avatar":"a1","bot":true},
        "guilds":[{"id":"1","unavailable":true},{"unavailable":true},{"id":"2","unavailable":true}],"session_id":"abc",
        "resume_gateway_url":"wss://gateway-us-east1-b.discord.gg","shard":[3,16],"application":{"id":"5","flags":8953856,"flags_new":"9007199254740993"},
        "_trace":["x"]}
        """

    static let readyETF: PayloadValue = [
        "v": 10,
        "user": [
            "id": 81_384_788_765_712_384, "username": "bot", "global_name": nil, "discriminator": "0042", "avatar": "a1", "bot": true,
        ],
        "guilds": [["id": 1, "unavailable": true], ["unavailable": true], ["id": "2", "unavailable": true]], "session_id": "abc",
        "resume_gateway_url": "wss://gateway-us-east1-b.discord.gg", "shard": [3, 16],
        "application": ["id": 5, "flags": 8_953_856, "flags_new": "9007199254740993"],
    ]

    @Test("READY says who, where and which guilds") func ready() throws {
        for ready in [try Self.decode(ReadyData.self, Self.readyJSON), try Self.decode(ReadyData.self, etf: Self.readyETF)] {
            #expect(ready.version == 10)
            #expect(ready.user == GatewayUser(id: 81_384_788_765_712_384, username: "bot", discriminator: "0042", avatar: "a1", isBot: true))
            #expect(ready.guildIDs == [1, 2])
            #expect(ready.sessionID == "abc")
            #expect(ready.resumeGatewayURL == "wss://gateway-us-east1-b.discord.gg")
            #expect(ready.shard == ShardID(3))
            #expect(ready.numShards == 16)
            #expect(ready.application?.id == 5)
            #expect(ready.application?.flags == 9_007_199_254_740_993, "all bits, not the lower half")
        }
    }

    @Test("READY needs the bot, its session and where to resume; nothing else") func readyLeast() throws {
        let ready = try Self.decode(
            ReadyData.self,
            #"{"user":{"id":7,"username":[]},"session_id":"a","resume_gateway_url":"b","guilds":7,"shard":[1],"v":"x","application":{"flags":1}}"#)
        #expect(ready.user == GatewayUser(id: 7, username: ""))
        #expect(ready.guildIDs == [])
        #expect(ready.version == nil)
        #expect(ready.shard == nil)
        #expect(ready.numShards == nil)
        #expect(ready.application == nil)
        let older = try Self.decode(
            ReadyData.self, #"{"user":{"id":"7"},"session_id":"a","resume_gateway_url":"b","application":{"id":"1","flags":2}}"#)
        #expect(older.application?.flags == 2)
    }

    @Test(
        "READY without an identity is none",
        arguments: [
            #"{"session_id":"a","resume_gateway_url":"b"}"#, #"{"user":{"username":"x"},"session_id":"a","resume_gateway_url":"b"}"#,
            #"{"user":{"id":"7"},"resume_gateway_url":"b"}"#, #"{"user":{"id":"7"},"session_id":"a"}"#, "[]",
        ])
    func readyNone(json: String) {
        #expect(throws: DecodingError.self) { try Self.decode(ReadyData.self, json) }
    }

    // MARK: Guilds

    @Test(
        "GUILD_CREATE and GUILD_DELETE tell an outage from a removal",
        arguments: [
            (#"{"id":"5","unavailable":true}"#, true, false), (#"{"id":"5"}"#, false, true), (#"{"id":5,"unavailable":false}"#, false, false),
        ])
    func outage(json: String, isOutage: Bool, isRemoval: Bool) throws {
        let guild = try Self.decode(GuildIdentity.self, json)
        #expect(guild.id == 5)
        #expect(guild.isOutage == isOutage)
        #expect(guild.isRemoval == isRemoval)
    }

    @Test("GUILD_CREATE identifies the guild, whatever else it holds") func guild() throws {
        let json = """
            {"id":"5","name":"Caf\\u00e9","owner_id":"6","joined_at":"2026-01-02T03:04:05.678000+00:00","member_count":1234,"large":true,"unavailable":false,
            "members":[{"user":{"id":"1"}}],"channels":[]}
            """
        let etf: PayloadValue = [
            "id": 5, "name": "Café", "owner_id": 6, "joined_at": "2026-01-02T03:04:05.678000+00:00", "member_count": 1234, "large": true, "unavailable": false,
            "members": [["user": ["id": 1]]],
        ]
        for guild in [try Self.decode(GuildIdentity.self, json), try Self.decode(GuildIdentity.self, etf: etf)] {
            #expect(guild.id == 5)
            #expect(guild.name == "Café")
            #expect(guild.ownerID == 6)
            #expect(guild.joinedAt == "2026-01-02T03:04:05.678000+00:00")
            #expect(guild.memberCount == 1234)
            #expect(guild.isLarge == true)
            #expect(guild.isUnavailable == false)
        }
        let odd = try Self.decode(GuildIdentity.self, #"{"id":"5","name":7,"member_count":"many","large":[],"owner_id":null}"#)
        #expect(odd.name == nil && odd.memberCount == nil && odd.isLarge == nil && odd.ownerID == nil)
        #expect(throws: DecodingError.self) { try Self.decode(GuildIdentity.self, #"{"name":"x"}"#) }
    }

    // MARK: Member chunks

    @Test("GUILD_MEMBERS_CHUNK holds members, presences, and who was not found") func chunk() throws {
        let json = """
            {"guild_id":"5","members":[{"user":{"id":"1","username":"ann","global_name":"Ann","discriminator":"0"},"nick":"A","roles":["10","11"],
            "joined_at":"2020-01-01T00:00:00+00:00","premium_since":null,"communication_disabled_until":"2027-01-01T00:00:00+00:00","pending":true,"avatar":"h",
            "deaf":true,"mute":true,"flags":3},{"nick":"no user"},{"user":{"id":"2"}}],"chunk_index":1,"chunk_count":4,"not_found":["8",9,"x"],
            "presences":[{"user":{"id":"1"},"status":"dnd","activities":[]},{"status":"idle"}],"nonce":"n"}
            """
        let etf: PayloadValue = [
            "guild_id": 5,
            "members": [
                [
                    "user": ["id": 1, "username": "ann", "global_name": "Ann", "discriminator": "0"], "nick": "A", "roles": [10, "11"],
                    "joined_at": "2020-01-01T00:00:00+00:00", "premium_since": nil, "communication_disabled_until": "2027-01-01T00:00:00+00:00",
                    "pending": true, "avatar": "h", "deaf": true, "mute": true, "flags": 3,
                ], ["nick": "no user"], ["user": ["id": 2]],
            ], "chunk_index": 1, "chunk_count": 4, "not_found": ["8", 9, "x"], "presences": [["user": ["id": 1], "status": "dnd"], ["status": "idle"]],
            "nonce": "n",
        ]
        for chunk in [try Self.decode(GuildMembersChunk.self, json), try Self.decode(GuildMembersChunk.self, etf: etf)] {
            #expect(chunk.guildID == 5)
            #expect(chunk.chunkIndex == 1)
            #expect(chunk.chunkCount == 4)
            #expect(chunk.notFound == [8, 9])
            #expect(chunk.nonce == "n")
            #expect(chunk.presences.map(\.userID) == [1])
            #expect(chunk.presences.map(\.status) == ["dnd"])
            #expect(chunk.members.map(\.user.id) == [1, 2])
            let member = chunk.members[0]
            #expect(member.user == GatewayUser(id: 1, username: "ann", globalName: "Ann", discriminator: "0"))
            #expect(member.nick == "A")
            #expect(member.roles == [10, 11])
            #expect(member.joinedAt == "2020-01-01T00:00:00+00:00")
            #expect(member.premiumSince == nil)
            #expect(member.timedOutUntil == "2027-01-01T00:00:00+00:00")
            #expect(member.isPending && member.isDeafened && member.isMuted)
            #expect(member.avatar == "h")
            #expect(member.flags == 3)
            #expect(chunk.members[1].roles == [] && !chunk.members[1].isMuted)
        }
    }

    @Test(
        "GUILD_MEMBERS_CHUNK needs its guild and its place, nothing else",
        arguments: [
            (#"{"guild_id":"5","chunk_index":0,"chunk_count":1}"#, true), (#"{"guild_id":"5","chunk_index":0,"chunk_count":1,"members":null,"nonce":7}"#, true),
            (#"{"chunk_index":0,"chunk_count":1}"#, false), (#"{"guild_id":"5","chunk_count":1}"#, false), (#"{"guild_id":"5","chunk_index":0}"#, false),
        ])
    func chunkLeast(json: String, isOne: Bool) throws {
        guard isOne else {
            #expect(throws: DecodingError.self) { try Self.decode(GuildMembersChunk.self, json) }
            return
        }
        let chunk = try Self.decode(GuildMembersChunk.self, json)
        #expect(chunk.members == [] && chunk.notFound == [] && chunk.presences == [] && chunk.nonce == nil)
    }

    // MARK: RATE_LIMITED

    @Test(
        "RATE_LIMITED says what was refused, and for how long",
        arguments: [
            (#"{"opcode":8,"retry_after":12.345,"meta":{"guild_id":"5","nonce":"n"}}"#, .milliseconds(12_345), 5, "n"),
            (#"{"opcode":8,"retry_after":30,"meta":{"guild_id":5}}"#, .seconds(30), 5, nil), (#"{"opcode":8,"meta":[]}"#, .zero, nil, nil),
            (#"{"opcode":8,"retry_after":-1}"#, .zero, nil, nil), (#"{"opcode":8,"retry_after":1e300}"#, .seconds(366 * 86_400), nil, nil),
        ] as [(String, Duration, Snowflake?, String?)])
    func rateLimited(json: String, retryAfter: Duration, guildID: Snowflake?, nonce: String?) throws {
        let data = try Self.decode(RateLimitedData.self, json)
        #expect(data.opcode == 8)
        #expect(data.retryAfter == retryAfter)
        #expect(data.guildID == guildID)
        #expect(data.nonce == nonce)
    }

    @Test("RATE_LIMITED without opcode is none") func rateLimitedNone() {
        #expect(throws: DecodingError.self) { try Self.decode(RateLimitedData.self, #"{"retry_after":1}"#) }
    }
}
