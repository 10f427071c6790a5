import GatewayModel
import Testing

@Suite("Awaited member requests") struct MemberRequestsTests {
    // MARK: Chunks

    @Test("are sent with a nonce of their own, and complete with their chunks by index, whatever the order") func assembled() throws {
        var harness = MembersHarness()
        let id = harness.request(GuildMembersRequest(guildID: 5, .prefix("a", limit: 10), presences: true))
        #expect(harness.written.count == 1)
        let nonce = try #require(harness.nonces.first)
        #expect(1...32 ~= nonce.utf8.count)
        #expect(harness.written[0] == GuildMembersRequest(guildID: 5, .prefix("a", limit: 10), presences: true, nonce: nonce))
        for index in [2, 0, 3] { harness.chunk(nonce, 5, index, of: 4) }
        #expect(harness.results == [:])
        harness.chunk(nonce, 5, 1, of: 4)
        #expect(harness.results == [id: .complete(["0/4", "1/4", "2/4", "3/4"])])
        #expect(harness.requests.deadline == nil)
        #expect(harness.requests.count == 0)
    }

    @Test("take each chunk once: a resume may bring some again") func duplicates() throws {
        var harness = MembersHarness()
        let id = harness.request(GuildMembersRequest(guildID: 5))
        harness.chunk(harness.nonces[0], 5, 0, of: 3)
        harness.chunk(harness.nonces[0], 5, 0, of: 3)
        harness.perform(harness.requests.resumed(at: harness.now))
        harness.chunk(harness.nonces[0], 5, 0, of: 3)
        harness.chunk(harness.nonces[0], 5, 2, of: 3)
        #expect(harness.results == [:])
        harness.chunk(harness.nonces[0], 5, 1, of: 3)
        #expect(harness.results == [id: .complete(["0/3", "1/3", "2/3"])])
        #expect(harness.written.count == 1, "what began to be answered is not asked again")
        harness.chunk(harness.nonces[0], 5, 1, of: 3)
        #expect(harness.surplus == [])
    }

    @Test("ignore chunks that nobody here asked for") func strangers() {
        var harness = MembersHarness()
        harness.request(GuildMembersRequest(guildID: 5, nonce: "mine"))
        harness.chunk(nil, 5, 0, of: 1)
        harness.chunk("other", 5, 0, of: 1)
        harness.chunk("mine", 6, 0, of: 1)
        #expect(harness.results == [:])
        harness.chunk("mine", 5, 0, of: 1)
        #expect(harness.results == [1: .complete(["0/1"])])
    }

    @Test("keep their nonces apart: several at once, each with its own chunks") func several() {
        var harness = MembersHarness()
        for guild in 1...3 { harness.request(GuildMembersRequest(guildID: Snowflake(UInt64(guild)), .users([1]))) }
        #expect(Set(harness.nonces).count == 3)
        for guild in [3, 1, 2] { harness.chunk(harness.nonces[guild - 1], Snowflake(UInt64(guild)), 0, of: 1) }
        #expect(harness.results == [1: .complete(["0/1"]), 2: .complete(["0/1"]), 3: .complete(["0/1"])])
    }

    @Test("with a nonce that is under way are refused, and one that is over can be used again") func nonceInUse() {
        var harness = MembersHarness()
        harness.request(GuildMembersRequest(guildID: 5, .users([1]), nonce: "n"))
        harness.request(GuildMembersRequest(guildID: 6, .users([1]), nonce: "n"))
        #expect(harness.results == [2: .failed(.nonceInUse("n"))])
        harness.chunk("n", 5, 0, of: 1)
        harness.request(GuildMembersRequest(guildID: 6, .users([1]), nonce: "n"))
        harness.chunk("n", 6, 0, of: 1)
        #expect(harness.results[3] == .complete(["0/1"]))
    }

    @Test(
        "end where an answer makes no sense or is too large",
        arguments: [
            ([(0, 0, 1)], .badAnswer("a chunk has the index 0 of 0")), ([(3, 3, 1)], .badAnswer("a chunk has the index 3 of 3")),
            ([(-1, 3, 1)], .badAnswer("a chunk has the index -1 of 3")), ([(0, 3, 1), (1, 4, 1)], .badAnswer("one chunk is of 3, another of 4")),
            ([(0, 11, 1)], .answerTooLarge(what: "chunks", limit: 10)), ([(0, 10, 15), (1, 10, 6)], .answerTooLarge(what: "members", limit: 20)),
        ] as [([(index: Int, count: Int, members: Int)], CommandError)])
    func senseless(chunks: [(index: Int, count: Int, members: Int)], error: CommandError) {
        var harness = MembersHarness(limits: MemberRequestLimits(maxChunks: 10, maxMembers: 20))
        harness.request(GuildMembersRequest(guildID: 5, nonce: "n"))
        for chunk in chunks {
            #expect(harness.results == [:])
            harness.chunk("n", 5, chunk.index, of: chunk.count, members: chunk.members)
        }
        #expect(harness.results == [1: .failed(error)])
        #expect(harness.requests.deadline == nil)
    }

    // MARK: Ends

    @Test("time out, and say how much came") func timedOut() {
        var harness = MembersHarness()
        harness.request(GuildMembersRequest(guildID: 5), within: .seconds(3))
        harness.request(GuildMembersRequest(guildID: 6), within: .seconds(4))
        harness.request(GuildMembersRequest(guildID: 7), within: .zero)
        #expect(harness.results == [3: .failed(.timedOut(received: 0, of: nil))])
        harness.chunk(harness.nonces[1], 6, 1, of: 3)
        harness.pass(.seconds(3))
        #expect(harness.results[1] == .failed(.timedOut(received: 0, of: nil)))
        harness.pass(.seconds(1))
        #expect(harness.results[2] == .failed(.timedOut(received: 1, of: 3)))
        harness.chunk(harness.nonces[1], 6, 0, of: 3)
        #expect(harness.surplus == [])
    }

    @Test("can be given up, and are withdrawn where they were not sent yet") func cancelled() {
        var harness = MembersHarness()
        harness.request(GuildMembersRequest(guildID: 5, .users([1])))
        harness.perform(harness.requests.cancel(CommandID(rawValue: 1)))
        harness.perform(harness.requests.cancel(CommandID(rawValue: 1)))
        #expect(harness.results == [1: .failed(.cancelled)])
        harness.holdsBack = true
        harness.request(GuildMembersRequest(guildID: 5))
        harness.perform(harness.requests.cancel(CommandID(rawValue: 2)))
        #expect(harness.results[2] == .failed(.cancelled))
        #expect(harness.held.isEmpty, "withdrawn")
        harness.holdsBack = false
        harness.request(GuildMembersRequest(guildID: 5))
        #expect(harness.written.count == 2, "what was not sent does not count for the 30 s")
    }

    @Test("all fail when the shard ends") func ended() {
        var harness = MembersHarness()
        harness.request(GuildMembersRequest(guildID: 5))
        harness.request(GuildMembersRequest(guildID: 5))
        harness.perform(harness.requests.end())
        harness.request(GuildMembersRequest(guildID: 6))
        #expect(harness.results == [1: .failed(.notConnected), 2: .failed(.notConnected), 3: .failed(.notConnected)])
        #expect(harness.requests.deadline == nil)
    }

    @Test("fail with what the queue says", arguments: [.notConnected, .queueFull(limit: 100), .tooLarge(bytes: 5000, limit: 4096)] as [CommandError])
    func sendFailed(error: CommandError) {
        var harness = MembersHarness()
        harness.holdsBack = true
        harness.request(GuildMembersRequest(guildID: 5))
        harness.fail(error)
        #expect(harness.results == [1: .failed(error)])
        #expect(harness.requests.deadline == nil)
    }

    @Test("are bounded, those that join another too") func bounded() {
        var harness = MembersHarness(limits: MemberRequestLimits(maxRequests: 2))
        for _ in 1...3 { harness.request(GuildMembersRequest(guildID: 5)) }
        #expect(harness.results == [3: .failed(.queueFull(limit: 2))])
        harness.chunk(harness.nonces[0], 5, 0, of: 1)
        harness.request(GuildMembersRequest(guildID: 6))
        #expect(harness.written.count == 2)
    }

    // MARK: Sessions

    @Test("are asked again of a new session, from the beginning") func sessionLost() {
        var harness = MembersHarness()
        harness.request(GuildMembersRequest(guildID: 5, .users([1])), within: .seconds(60))
        harness.request(GuildMembersRequest(guildID: 6), within: .seconds(60))
        harness.request(GuildMembersRequest(guildID: 7), within: .seconds(20))
        harness.chunk(harness.nonces[0], 5, 0, of: 2)
        harness.pass(.seconds(1))
        harness.perform(harness.requests.sessionLost(at: harness.now))
        #expect(harness.results == [3: .failed(.rateLimited(retryAfter: .seconds(30)))], "a full list cannot be asked for in time")
        #expect(harness.written.map(\.guildID) == [5, 6, 7, 5])
        #expect(harness.nonces[3] == harness.nonces[0])
        harness.chunk(harness.nonces[0], 5, 1, of: 2)
        #expect(harness.results[1] == nil, "chunks of the old session do not count")
        harness.chunk(harness.nonces[0], 5, 0, of: 2)
        #expect(harness.results[1] == .complete(["0/2", "1/2"]))
        harness.pass(.seconds(30))
        #expect(harness.written.map(\.guildID) == [5, 6, 7, 5, 6])
        harness.chunk(harness.nonces[4], 6, 0, of: 1)
        #expect(harness.results[2] == .complete(["0/1"]))
    }

    @Test("that had no answer before a RESUME may not have got through: they are asked again") func resumed() {
        var harness = MembersHarness()
        harness.request(GuildMembersRequest(guildID: 5, .users([1])), within: .seconds(60))
        harness.request(GuildMembersRequest(guildID: 6), within: .seconds(60))
        harness.request(GuildMembersRequest(guildID: 7), within: .seconds(20))
        harness.request(GuildMembersRequest(guildID: 8), within: .seconds(60))
        harness.pass(.seconds(2))
        harness.perform(harness.requests.resumed(at: harness.now))
        #expect(harness.written.map(\.guildID) == [5, 6, 7, 8, 5])
        harness.chunk(harness.nonces[2], 7, 0, of: 1)
        #expect(harness.results == [3: .complete(["0/1"])], "it had got through")
        harness.chunk(harness.nonces[3], 8, 0, of: 2)
        harness.pass(.seconds(29))
        #expect(harness.written.map(\.guildID) == [5, 6, 7, 8, 5, 6], "a full list once the 30 s are over")
    }

    @Test("whose answer comes while they wait to be asked again are not asked again") func answeredMeanwhile() {
        var harness = MembersHarness()
        harness.request(GuildMembersRequest(guildID: 5, .users([1])))
        harness.holdsBack = true
        harness.perform(harness.requests.resumed(at: harness.now))
        #expect(harness.held.count == 1)
        harness.chunk(harness.nonces[0], 5, 0, of: 2)
        #expect(harness.held.isEmpty, "withdrawn")
        harness.chunk(harness.nonces[0], 5, 1, of: 2)
        #expect(harness.results == [1: .complete(["0/2", "1/2"])])
    }

    // MARK: Rate limits

    @Test("for a full list join the one that is under way") func joined() {
        var harness = MembersHarness()
        harness.request(GuildMembersRequest(guildID: 5), within: .seconds(5))
        harness.request(GuildMembersRequest(guildID: 5), within: .seconds(10))
        #expect(harness.written.count == 1)
        harness.pass(.seconds(5))
        #expect(harness.results == [1: .failed(.timedOut(received: 0, of: nil))])
        harness.chunk(harness.nonces[0], 5, 0, of: 1)
        #expect(harness.results[2] == .complete(["0/1"]))
    }

    @Test("for a full list go out once in 30 s for each guild; other requests do not wait") func fullLists() {
        var harness = MembersHarness()
        harness.request(GuildMembersRequest(guildID: 5))
        harness.chunk(harness.nonces[0], 5, 0, of: 1)
        harness.pass(.seconds(1))
        harness.request(GuildMembersRequest(guildID: 5), within: .seconds(30))
        #expect(harness.results[2] == .failed(.rateLimited(retryAfter: .seconds(30))))
        harness.request(GuildMembersRequest(guildID: 5), within: .seconds(40))
        harness.request(GuildMembersRequest(guildID: 5), within: .seconds(20))
        #expect(harness.results[4] == .failed(.rateLimited(retryAfter: .seconds(30))))
        harness.request(GuildMembersRequest(guildID: 6))
        harness.request(GuildMembersRequest(guildID: 5, .users([1])))
        harness.request(GuildMembersRequest(guildID: 5, .prefix("a", limit: 100)))
        harness.request(GuildMembersRequest(guildID: 5, .prefix("", limit: 100)))
        #expect(harness.written.map(\.guildID) == [5, 6, 5, 5, 5])
        harness.pass(.milliseconds(29_999))
        #expect(harness.written.count == 5)
        harness.pass(.milliseconds(1))
        #expect(harness.written.count == 6)
        #expect(harness.written[5].isFullList)
        harness.chunk(harness.nonces[5], 5, 0, of: 1)
        #expect(harness.results[3] == .complete(["0/1"]))
    }

    @Test("for a full list with presences do not join one without, but wait their turn, one after the other") func otherPresences() {
        var harness = MembersHarness()
        harness.request(GuildMembersRequest(guildID: 5), within: .seconds(100))
        harness.request(GuildMembersRequest(guildID: 5, presences: true), within: .seconds(100))
        harness.request(GuildMembersRequest(guildID: 5, nonce: "n"), within: .seconds(100))
        #expect(harness.written.count == 1)
        harness.pass(.seconds(31))
        #expect(harness.written.map(\.presences) == [false, true])
        harness.pass(.seconds(31))
        #expect(harness.written.map(\.presences) == [false, true, false])
        #expect(harness.nonces[2] == "n")
    }

    @Test("count their 30 s from when they went out, however long the queue held them back", arguments: [20, 40, 70]) func heldBack(seconds: Int) {
        var harness = MembersHarness()
        harness.holdsBack = true
        harness.request(GuildMembersRequest(guildID: 5), within: .seconds(200))
        harness.request(GuildMembersRequest(guildID: 5, presences: true), within: .seconds(200))
        harness.pass(.seconds(seconds))
        #expect(harness.held.count == 1)
        harness.release()
        let start = harness.now
        harness.pass(.seconds(30))
        #expect(harness.written.count == 1)
        while harness.written.count == 1, let deadline = harness.requests.deadline { harness.pass(deadline - harness.now) }
        #expect(harness.written.count == 2)
        #expect(harness.now - start >= .seconds(31))
    }

    @Test("that Discord refuses are asked again when it says") func rateLimited() {
        var harness = MembersHarness()
        harness.request(GuildMembersRequest(guildID: 5), within: .seconds(20))
        harness.perform(harness.requests.rateLimited(guildID: 5, nonce: harness.nonces[0], retryAfter: .milliseconds(7_500), at: harness.now))
        #expect(harness.results == [:])
        harness.pass(.milliseconds(7_499))
        #expect(harness.written.count == 1)
        harness.pass(.milliseconds(1))
        #expect(harness.written.count == 2)
        harness.chunk(harness.nonces[1], 5, 0, of: 1)
        #expect(harness.results == [1: .complete(["0/1"])])
    }

    @Test("that Discord refuses for longer than their deadline fail, and say how long") func rateLimitedTooLong() {
        var harness = MembersHarness()
        harness.request(GuildMembersRequest(guildID: 5), within: .seconds(20))
        harness.request(GuildMembersRequest(guildID: 5), within: .seconds(40))
        harness.perform(harness.requests.rateLimited(guildID: 5, nonce: nil, retryAfter: .seconds(25), at: harness.now))
        #expect(harness.results == [1: .failed(.rateLimited(retryAfter: .seconds(25)))])
        harness.request(GuildMembersRequest(guildID: 5), within: .seconds(25))
        #expect(harness.results[3] == .failed(.rateLimited(retryAfter: .seconds(25))), "whoever joins is told too")
        harness.pass(.seconds(25))
        harness.chunk(harness.nonces[1], 5, 0, of: 1)
        #expect(harness.results[2] == .complete(["0/1"]))
    }

    @Test("are asked again after a second at the earliest, and after an hour at the latest") func retryBounds() {
        var harness = MembersHarness()
        harness.request(GuildMembersRequest(guildID: 5, .users([1])), within: .seconds(20))
        harness.perform(harness.requests.rateLimited(guildID: 5, nonce: harness.nonces[0], retryAfter: .seconds(-5), at: harness.now))
        #expect(harness.requests.deadline == harness.now + .seconds(1))
        harness.pass(.seconds(1))
        harness.perform(harness.requests.rateLimited(guildID: 5, nonce: harness.nonces[0], retryAfter: .seconds(1 << 50), at: harness.now))
        #expect(harness.results == [1: .failed(.rateLimited(retryAfter: .seconds(3600)))])
    }

    @Test("are not confused by a RATE_LIMITED of others") func othersLimited() {
        var harness = MembersHarness()
        harness.request(GuildMembersRequest(guildID: 5, .users([1])), within: .seconds(20))
        harness.perform(harness.requests.rateLimited(guildID: 5, nonce: "other", retryAfter: .seconds(30), at: harness.now))
        harness.perform(harness.requests.rateLimited(guildID: 6, nonce: harness.nonces[0], retryAfter: .seconds(30), at: harness.now))
        harness.perform(harness.requests.rateLimited(guildID: 5, nonce: nil, retryAfter: .seconds(30), at: harness.now))
        #expect(harness.results == [:])
        harness.chunk(harness.nonces[0], 5, 0, of: 1)
        #expect(harness.results == [1: .complete(["0/1"])])
    }

    @Test("that the queue could not send in time go on for whoever has more time") func laterDeadline() {
        var harness = MembersHarness()
        harness.holdsBack = true
        harness.request(GuildMembersRequest(guildID: 5), within: .seconds(5))
        harness.request(GuildMembersRequest(guildID: 5), within: .seconds(50))
        harness.now = harness.now + .seconds(5)
        harness.fail(.notConnected)
        #expect(harness.results == [1: .failed(.notConnected)])
        #expect(harness.held.count == 1)
        harness.now = harness.now + .seconds(1)
        harness.fail(.rateLimited(retryAfter: .seconds(10)))
        #expect(harness.results.count == 1)
        harness.pass(.seconds(10))
        harness.release()
        harness.chunk(harness.nonces[0], 5, 0, of: 1)
        #expect(harness.results[2] == .complete(["0/1"]))
    }
}
