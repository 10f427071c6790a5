import Foundation
import GatewayClient
import Logging

/// Runs a bot in one process, and goes on with its sessions in another: `TwoProcessMigration a | TwoProcessMigration b`.
///
/// Process a runs the shards for `SECONDS`, then detaches them and writes their states to standard output. Process b waits for the states on standard input,
/// attaches them, and goes on for `SECONDS`. Each writes a line for every event that it took to the file `EVENTS`.
@main
struct TwoProcessMigration {
    static func main() async throws {
        let settings = try Settings()
        switch CommandLine.arguments.dropFirst().first {
        case "a": try await self.runAndDetach(settings)
        case "b": try await self.attachAndRun(settings)
        default: throw OperatorMistake(what: "no role", why: "this program is process a or process b", fix: "say a or b")
        }
    }

    /// Process a.
    static func runAndDetach(_ settings: Settings) async throws {
        let group = try await ShardGroup.connect(settings.configuration, api: settings.api)
        let states = try await self.taking(group, settings) {
            try await Task.sleep(for: settings.duration)
            return await group.detach()
        }
        FileHandle.standardOutput.write(try JSONEncoder().encode(states))
    }

    /// Process b.
    static func attachAndRun(_ settings: Settings) async throws {
        var configuration = settings.configuration
        configuration.shard.gatewayURL = try await settings.api.fetch(token: configuration.shard.token).url
        let group = try ShardGroup(configuration, shards: [], gate: NoIdentify())
        let states = try JSONDecoder().decode([ShardState].self, from: FileHandle.standardInput.readToEnd() ?? Data())
        try await self.taking(group, settings) {
            for result in try await group.attach(states) { settings.log("shard \(result.shard): \(result.outcome)") }
            try await Task.sleep(for: settings.duration)
        }
    }

    /// Runs a group and takes its events while `body` goes on; then ends it so that its sessions can be resumed.
    private static func taking<Result: Sendable>(
        _ group: ShardGroup, _ settings: Settings, _ body: @Sendable () async throws -> Result
    ) async throws -> Result {
        async let run: Void = group.run()
        async let events: Void = self.write(group.events, to: settings.events)
        let result = try await body()
        await group.shutdown(.resumable)
        try await run
        try await events
        return result
    }

    /// An event counts as taken when the loop asks for the next one: by then its line is written.
    private static func write(_ events: GatewayEvents, to file: FileHandle) async throws {
        for await event in events {
            guard case .dispatch(let dispatch) = event else { continue }
            try file.write(contentsOf: Data("\(dispatch.sessionID) \(dispatch.sequence)\n".utf8))
        }
    }
}
