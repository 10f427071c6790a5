import AsyncHTTPClient
import ClusterModel
import Foundation
import GatewayModel
import NIOCore
import NIOHTTP1
import Testing

@testable import LocalCluster

/// What a bot sends, through the built binary, to shards of several processes.
@Suite("Commands over a cluster of real processes", .serialized, .timeLimit(.minutes(3))) struct CommandTests {
    @Test("a presence reaches every shard, outlives its coordinator, and is shown by sessions that begin later") func presence() async throws {
        try await TestCluster.with { cluster in
            try await cluster.startAll(["w1", "w2"])
            try await cluster.muster(["presence", "--status", "idle", "--activity", "the shards", "--activity-type", "watching"])
            try await cluster.until("every session shows it") {
                try await cluster.presences(of: 8) == Array(repeating: ShownPresence("idle", "the shards"), count: 8)
            }
            try await cluster.muster(["presence", "--status", "dnd", "--shards", "0,5-6"])
            let mixed = (0..<8).map { [0, 5, 6].contains($0) ? ShownPresence("dnd", nil) : ShownPresence("idle", "the shards") }
            try await cluster.until("three show their own") { try await cluster.presences(of: 8) == mixed }

            try await cluster.crash("coordinator")
            try await cluster.startCoordinator()
            try await cluster.untilLive(8)
            #expect(try await cluster.presences(of: 8) == mixed)
            // New sessions, in other processes than those that were told.
            try await cluster.crash("w1")
            #expect(try await cluster.post("\(cluster.client.simulator)/_sim/invalidate").status == 200)
            try cluster.startWorker("w3")
            try await cluster.until("new sessions show what was set", within: .seconds(60)) {
                let sessions = try await cluster.client.simulatorStatus().sessions
                guard sessions.count(where: \.attached) == 8 else { return false }
                return try await cluster.presences(of: 8) == mixed
            }

            try await cluster.muster(["reshard", "--to", "12"])
            try await cluster.untilLive(12, within: .seconds(60))
            try await cluster.until("the new set shows what was set for all") {
                try await cluster.presences(of: 12) == Array(repeating: ShownPresence("idle", "the shards"), count: 12)
            }
            try await cluster.expectNoViolations()
        }
    }

    @Test("a command goes to the worker of its guild's shard, once, and follows that shard to another worker") func forwarded() async throws {
        try await TestCluster.with { cluster in
            try await cluster.startAll(["w1", "w2"])
            let ofFirst = try #require(try await cluster.shards(of: "w1").first)
            let ofSecond = try #require(try await cluster.shards(of: "w2").first)
            for shard in [ofFirst, ofSecond] {
                let said = try await cluster.muster(["send", "--op", "4", "--data", Self.voice(UInt64(shard) << 22)])
                #expect(said == "sent over shard \(shard)\n")
            }
            // Nobody's until its lease is over: the command waits for the next owner.
            try await cluster.crash("w1")
            let said = try await cluster.muster(["send", "--op", "4", "--data", Self.voice(UInt64(ofFirst) << 22 | 1), "--for", "60s"])
            #expect(said == "sent over shard \(ofFirst)\n")
            try await cluster.until("all of them have arrived") { try await cluster.commands().count >= 3 }
            #expect(try await cluster.commands() == [ofFirst, ofSecond, ofFirst])
            try await cluster.expectNoViolations()
        }
    }

    @Test("what cannot be sent is refused with what, why and how to mend it") func refused() async throws {
        try await TestCluster.with(shards: 2) { cluster in
            try await cluster.startAll(["w1"])
            let table: [(arguments: [String], says: String)] = [
                (["send", "--op", "4"], "`--data` is missing"), (["send", "--op", "4", "--data", "{"], "`data` cannot be `{`"),
                (["send", "--op", "2", "--data", "{}", "--shard", "0"], "op 2 is not for commands"),
                (["send", "--op", "8", "--data", "{}"], "the command has no target"),
                (["send", "--op", "8", "--data", "{}", "--shard", "2"], "shard 2 does not exist"),
                (["send", "--op", "3", "--data", "{}", "--shard", "1"], "muster presence"),
                (["send", "--op", "99", "--data", "{\"x\": \"\(String(repeating: "y", count: 5000))\"}", "--shard", "1"], "may have 4096"),
                (["presence", "--status", "away"], "one of: online"), (["presence", "--shards", "0-2"], "shard 2 does not exist"),
                (["presence", "--activity", "x", "--activity-type", "streaming"], "no usable URL"), (["presence", "--shards", "a"], "shard ids and ranges"),
            ]
            for (arguments, says) in table {
                let outcome = try await Binary.run(arguments + ["--admin", cluster.client.admin])
                #expect(outcome.code == 2, "\(arguments): \(outcome.output)")
                #expect(outcome.errors.contains(says) && outcome.errors.contains("Fix: "), "\(arguments): \(outcome.errors)")
            }
            #expect(try await cluster.commands() == [])
        }
    }

    private static func voice(_ guild: UInt64) -> String {
        #"{"guild_id": "\#(guild)", "channel_id": null, "self_mute": false, "self_deaf": false}"#
    }
}

/// What the simulator says of a session's presence.
struct ShownPresence: Hashable, Sendable {
    var status: String
    var activity: String?

    init(_ status: String, _ activity: String?) {
        self.status = status
        self.activity = activity
    }
}

extension TestCluster {
    /// What `muster` prints, which must end well.
    @discardableResult
    func muster(_ arguments: [String]) async throws -> String {
        let outcome = try await Binary.run(arguments + ["--admin", self.client.admin], limit: .seconds(70))
        #expect(outcome.code == 0, "\(arguments): \(outcome.errors)")
        return outcome.output
    }

    /// By shard id; `nil` for one that shows none.
    func presences(of numShards: Int) async throws -> [ShownPresence?] {
        struct Status: Decodable {
            var sessions: [Session]
        }
        struct Session: Decodable {
            var shard: Int
            var shards: Int
            var attached: Bool
            var presence: Presence?
        }
        struct Presence: Decodable {
            var status: String
            var activities: [Activity]
        }
        struct Activity: Decodable {
            var name: String
        }
        let status: Status = try await self.read("/_sim/status")
        return status.sessions.filter { $0.attached && $0.shards == numShards }.sorted { $0.shard < $1.shard }
            .map { $0.presence.map { ShownPresence($0.status, $0.activities.first?.name) } }
    }

    /// The shards of the voice states that arrived, in order.
    func commands() async throws -> [Int] {
        struct Command: Decodable {
            var shard: Int
        }
        let commands: [Command] = try await self.read("/_sim/commands?op=4")
        return commands.map(\.shard)
    }

    private func read<Answer: Decodable>(_ path: String) async throws -> Answer {
        let response = try await HTTPClient.shared.execute(HTTPClientRequest(url: self.client.simulator + path), timeout: .seconds(10))
        return try JSONDecoder().decode(Answer.self, from: Data(try await response.body.collect(upTo: 16 << 20).readableBytesView))
    }
}
