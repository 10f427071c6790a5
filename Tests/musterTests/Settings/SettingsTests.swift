import Foundation
import GatewayModel
import Testing

@testable import muster

@Suite("Settings")
struct SettingsTests {
    /// The settings of `muster coordinator`, from these three sources.
    static func settings(
        of command: any ConfigurableCommand.Type = CoordinatorCommand.self, flags: [String: String?] = [:], environment: [String: String] = [:],
        file: String? = nil
    ) async throws -> Settings {
        var common = CommonOptions()
        common.logLevel = nil
        common.config = nil
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("settings-\(UUID().uuidString).yaml").path
        if let file {
            try file.write(toFile: path, atomically: true, encoding: .utf8)
            common.config = path
        }
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try await Settings(
            section: command.section, names: command.settingNames, flags: flags, common: common, environment: environment)
    }

    @Test("a flag counts before the environment, that before the file, that before the default")
    func priority() async throws {
        let environment = ["MUSTER_COORDINATOR_STORE": "sqlite:environment"]
        let file = "coordinator:\n  store: sqlite:file\n"
        let all = try await Self.settings(flags: ["store": "sqlite:flag"], environment: environment, file: file)
        #expect(try all.string("store") == "sqlite:flag")
        let two = try await Self.settings(flags: ["store": nil], environment: environment, file: file)
        #expect(try two.string("store") == "sqlite:environment")
        let one = try await Self.settings(file: file)
        #expect(try one.string("store") == "sqlite:file")
        let none = try await Self.settings()
        #expect(try none.string("store", default: "sqlite:default") == "sqlite:default")
    }

    @Test("a hyphen of an option is an underscore in its variable")
    func environmentNames() async throws {
        let settings = try await Self.settings(environment: ["MUSTER_COORDINATOR_TOKEN_FILE": "/t"])
        #expect(try settings.string("token-file") == "/t")
    }

    @Test("the file's numbers, booleans and lists are read as they are meant")
    func fileTypes() async throws {
        let settings = try await Self.settings(file: "coordinator:\n  shards: 24\n  insecure: true\n  intents: [GUILDS, GUILD_MESSAGES]\n  application: 007\n")
        #expect(try settings.int("shards", in: 1...100) == 24)
        #expect(try settings.bool("insecure"))
        #expect(try settings.list("intents") == ["GUILDS", "GUILD_MESSAGES"])
        #expect(try settings.string("application") == "007")
    }

    @Test(
        "a file that muster would partly ignore is refused as a whole",
        arguments: [
            ("coordinator:\n  lissten: x\n", "unknown key `coordinator.lissten`"), ("cordinator:\n  listen: x\n", "unknown key `cordinator.listen`"),
            ("listen: x\n", "unknown key `listen`"), ("coordinator: {listen: {host: x}}\n", "unknown key `coordinator.listen.host`"),
            ("- a\n", "cannot be read"), ("a: [\n", "cannot be read"),
        ])
    func badFiles(file: String, problem: String) async throws {
        let error = await #expect(throws: OperatorMistake.self) { try await Self.settings(file: file) }
        #expect(error?.description.contains(problem) == true, "\(error?.description ?? "")")
    }

    @Test("a file that is not there is refused, where it was named")
    func missingFile() async {
        let environment = ["MUSTER_CONFIG": "/nowhere/muster.yaml"]
        let error = await #expect(throws: OperatorMistake.self) { try await Self.settings(environment: environment) }
        #expect(error?.what == "the configuration file /nowhere/muster.yaml cannot be read")
    }

    @Test("a bad value names its source")
    func badValues() async throws {
        let flag = try await Self.settings(flags: ["shards": "many"])
        #expect(
            throws: OperatorMistake(what: "`shards` cannot be `many`", why: "the flag --shards must hold a whole number from 1 to 9", fix: "change it there")
        ) {
            try flag.int("shards", in: 1...9)
        }
        let variable = try await Self.settings(environment: ["MUSTER_COORDINATOR_SHARDS": "10"])
        #expect(
            throws: OperatorMistake(
                what: "`shards` cannot be `10`", why: "the variable MUSTER_COORDINATOR_SHARDS must hold a whole number from 1 to 9", fix: "change it there")
        ) {
            try variable.int("shards", in: 1...9)
        }
    }

    @Test(
        "an operator's times are read",
        arguments: [("250ms", Duration.milliseconds(250)), ("30s", .seconds(30)), ("10m", .seconds(600)), ("2h", .seconds(7200))])
    func durations(text: String, duration: Duration) {
        #expect(Duration(operatorText: text) == duration)
    }

    @Test("what is no time is refused", arguments: ["", "s", "10", "-1s", "1.5s", "10 s", "99999999999999999h", "10d"])
    func badDurations(text: String) {
        #expect(Duration(operatorText: text) == nil)
    }

    @Test(
        "addresses are read, and whether they are loopback",
        arguments: [
            ("127.0.0.1:7700", "127.0.0.1", 7700, true), ("[::1]:0", "::1", 0, true), ("localhost:1", "localhost", 1, true),
            ("0.0.0.0:80", "0.0.0.0", 80, false),
        ])
    func addresses(text: String, host: String, port: Int, loopback: Bool) throws {
        let address = try #require(NetworkAddress(text))
        #expect((address.host, address.port, address.isLoopback) == (host, port, loopback))
        #expect(address.description == text)
    }

    @Test("what is no address is refused", arguments: ["", "7700", ":7700", "host:", "host:70000", "::1:80", "host:x"])
    func badAddresses(text: String) {
        #expect(NetworkAddress(text) == nil)
    }
}
