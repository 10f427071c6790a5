import ArgumentParser
import Foundation
import GatewayModel
import LocalCluster

@main
struct Muster: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "muster", abstract: "Runs a Discord bot's gateway shards across many hosts.",
        discussion: """
            Every option can be given as a flag, as MUSTER_<COMMAND>_<OPTION> in the environment (MUSTER_COORDINATOR_LISTEN), or in muster.yaml \
            (coordinator: {listen: …}); the first one found counts.
            """,
        version: Self.version, subcommands: Settings.commands)

    static let version = "0.1.0"

    /// Exit codes: 0 done, 1 the command's own verdict or a crash, 2 something the operator can fix (one line on stderr).
    static func main() async {
        ParentWatch.start()
        await self.runOffTheMainActor()
    }

    /// What a command awaits must not queue behind the main actor.
    @concurrent
    private static func runOffTheMainActor() async {
        do {
            var command = try await self.asyncParseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let error as any OperatorError {
            self.fail("\(error)")
        } catch  where self.exitCode(for: error) == .validationFailure {
            self.fail("\(self.message(for: error)). Fix: see `muster --help`, or `--help` behind the subcommand.")
        } catch {
            self.exit(withError: error)
        }
    }

    private static func fail(_ line: String) -> Never {
        let line = line.split(whereSeparator: \.isNewline).joined(separator: " ")
        FileHandle.standardError.write(Data("muster: \(line)\n".utf8))
        self.exit(withError: ExitCode(2))
    }
}
