import ArgumentParser
import Configuration
import Foundation
import GatewayModel
import Logging
import Synchronization

/// The values of one command's options: flag, then `MUSTER_<COMMAND>_<OPTION>`, then `muster.yaml` (`<command>.<option>`).
///
/// Use it through `ConfigurableCommand`. What is malformed or out of range is thrown as an `OperatorError` that names its source.
struct Settings: Sendable {
    /// Every subcommand: one file in `Commands` each. Their keys are what `muster.yaml` may hold.
    static let commands: [any ConfigurableCommand.Type] = [
        CoordinatorCommand.self,
        SimulatorCommand.self,
        UpCommand.self,
        WorkerCommand.self,
        StatusCommand.self,
        ShardsCommand.self,
        ReshardCommand.self,
        BudgetCommand.self,
        PresenceCommand.self,
        SendCommand.self,
    ]

    private let section: String
    private let names: Set<String>
    private let sources: [(name: Source, provider: any ConfigProvider)]

    private enum Source {
        case flag, environment, file(String)
    }

    init(
        section: String, names: Set<String>, flags: [String: String?], common: CommonOptions,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) async throws {
        self.section = section
        self.names = names
        var given: [AbsoluteConfigKey: ConfigValue] = [:]
        for (name, value) in flags {
            precondition(names.contains(name), "`\(name)` is missing in settingNames of `\(section)`")
            if let value { given[Self.key(section, name)] = ConfigValue(.string(value), isSecret: false) }
        }
        if let level = common.logLevel { given[Self.logLevelKey] = ConfigValue(.string(level), isSecret: false) }
        var sources: [(Source, any ConfigProvider)] = [
            (.flag, InMemoryProvider(name: "flags", values: given)), (.environment, EnvironmentVariablesProvider(environmentVariables: environment)),
        ]
        if let file = common.config ?? environment["MUSTER_CONFIG"] {
            sources.append((.file(file), try await Self.readFile(file)))
        } else if FileManager.default.fileExists(atPath: "muster.yaml") {
            sources.append((.file("muster.yaml"), try await Self.readFile("muster.yaml")))
        }
        self.sources = sources
    }

    /// What a `@Flag` passes on: `nil` where it was not given, so that the environment and the file can still say yes.
    static func flag(_ given: Bool) -> String? {
        given ? "true" : nil
    }

    func string(_ name: String) throws -> String? {
        try self.find(Self.key(self.section, name), name)?.value
    }

    func string(_ name: String, default fallback: String) throws -> String {
        try self.string(name) ?? fallback
    }

    func required(_ name: String, fix: String) throws -> String {
        guard let value = try self.string(name) else {
            throw OperatorMistake(what: "`--\(name)` is missing", why: "`muster \(self.section)` cannot work without it", fix: fix)
        }
        return value
    }

    func int(_ name: String, in range: ClosedRange<Int>, default fallback: Int) throws -> Int {
        try self.int(name, in: range) ?? fallback
    }

    func int(_ name: String, in range: ClosedRange<Int>) throws -> Int? {
        try self.parsed(name, expected: "a whole number from \(range.lowerBound) to \(range.upperBound)") { text in
            Int(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    func double(_ name: String, in range: ClosedRange<Double>, default fallback: Double) throws -> Double {
        try self.parsed(name, expected: "a number from \(range.lowerBound) to \(range.upperBound)") { text in
            Double(text).flatMap { range.contains($0) ? $0 : nil }
        } ?? fallback
    }

    func bool(_ name: String, default fallback: Bool = false) throws -> Bool {
        try self.parsed(name, expected: "true or false") { text in
            switch text.lowercased() {
            case "true", "yes", "1": true
            case "false", "no", "0": false
            default: nil
            }
        } ?? fallback
    }

    /// `250ms`, `30s`, `10m`, `2h`.
    func duration(_ name: String, in range: ClosedRange<Duration>) throws -> Duration? {
        try self.parsed(name, expected: "a time from \(range.lowerBound) to \(range.upperBound), such as 250ms, 30s, 10m or 2h") { text in
            Duration(operatorText: text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// One of an enum's raw values.
    func choice<Choice: RawRepresentable<String> & CaseIterable>(_ name: String, default fallback: Choice) throws -> Choice {
        let allowed = Choice.allCases.map(\.rawValue).joined(separator: ", ")
        return try self.parsed(name, expected: "one of: \(allowed)") { Choice(rawValue: $0) } ?? fallback
    }

    /// Comma-separated, or a list in the file.
    func list(_ name: String) throws -> [String]? {
        try self.string(name)?.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    }

    /// `host:port`, `[::1]:port`; port 0 lets the kernel choose.
    func address(_ name: String, default fallback: String) throws -> NetworkAddress {
        let parsed = try self.parsed(name, expected: "HOST:PORT, such as 127.0.0.1:7700 or [::1]:7700") { NetworkAddress($0) }
        guard let address = parsed ?? NetworkAddress(fallback) else { preconditionFailure("bad default \(fallback)") }
        return address
    }

    /// An option in any form; `parse` answers `nil` for what it does not accept.
    /// - Parameter expected: what would be right, for the error.
    func parsed<Value>(_ name: String, expected: String, parse: (String) -> Value?) throws -> Value? {
        try self.parsed(Self.key(self.section, name), name, expected: expected, parse: parse)
    }

    /// A logger to stderr at the level asked for by `--log-level`, `MUSTER_LOG_LEVEL`, or `log-level` in the file.
    func logger(label: String) throws -> Logger {
        let allowed = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
        let level = try self.parsed(Self.logLevelKey, "log-level", expected: "one of: \(allowed)") { Logger.Level(rawValue: $0) }
        var logger = Logger(label: label, factory: { StreamLogHandler.standardError(label: $0) })
        logger.logLevel = level ?? .notice
        return logger
    }

    // MARK: - Looking up

    private static let logLevelKey = AbsoluteConfigKey(["muster", "log-level"])

    /// `["muster", section, name]`: the environment's encoding of it is `MUSTER_SECTION_NAME`.
    private static func key(_ section: String, _ name: String) -> AbsoluteConfigKey {
        AbsoluteConfigKey(["muster", section, name])
    }

    private func parsed<Value>(_ key: AbsoluteConfigKey, _ name: String, expected: String, parse: (String) -> Value?) throws -> Value? {
        guard let (value, source) = try self.find(key, name) else { return nil }
        guard let parsed = parse(value) else {
            throw OperatorMistake(
                what: "`\(name)` cannot be `\(value.prefix(100))`", why: "\(self.describe(source, key, name)) must hold \(expected)", fix: "change it there")
        }
        return parsed
    }

    private func find(_ key: AbsoluteConfigKey, _ name: String) throws -> (value: String, source: Source)? {
        precondition(key == Self.logLevelKey || self.names.contains(name), "`\(name)` is missing in settingNames of `\(self.section)`")
        for (source, provider) in self.sources {
            if case .file(let file) = source {
                let inFile = AbsoluteConfigKey(Array(key.components.dropFirst()))
                if let text = (try? provider.value(forKey: inFile, type: .string))?.value {
                    if case .string(let text) = text.content { return (text, source) }
                }
                do {
                    if let list = try provider.value(forKey: inFile, type: .stringArray).value, case .stringArray(let list) = list.content {
                        return (list.joined(separator: ","), source)
                    }
                } catch {
                    throw OperatorMistake(
                        what: "`\(inFile)` in \(file) cannot be read", why: "it is neither a value nor a list of values", fix: "change it there")
                }
            } else if let value = try provider.value(forKey: key, type: .string).value, case .string(let text) = value.content {
                return (text, source)
            }
        }
        return nil
    }

    private func describe(_ source: Source, _ key: AbsoluteConfigKey, _ name: String) -> String {
        switch source {
        case .flag: "the flag --\(name)"
        case .environment:
            "the variable "
                + key.components.map { $0.uppercased().replacing("-", with: "_") }.joined(separator: "_")
        case .file(let file): "the key `\(key.components.dropFirst().joined(separator: "."))` in \(file)"
        }
    }

    // MARK: - The file

    private static func readFile(_ path: String) async throws -> any ConfigProvider {
        let keys = FoundKeys()
        let provider: any ConfigProvider
        do {
            // The parser asks of every key it meets whether it is secret: so the whole file can be checked for keys that nobody reads.
            let options = YAMLSnapshot.ParsingOptions(
                secretsSpecifier: .dynamic { key, _ in
                    keys.add(key)
                    return false
                })
            let place = ConfigReader(provider: InMemoryProvider(values: ["filePath": ConfigValue(.string(path), isSecret: false)]))
            provider = try await FileProvider<YAMLSnapshot>(parsingOptions: options, config: place)
        } catch {
            throw OperatorMistake(what: "the configuration file \(path) cannot be read", why: "\(error)", fix: "correct it, or leave --config out")
        }
        var known: Set = ["log-level"]
        for command in Self.commands {
            known.formUnion(command.settingNames.map { "\(command.section).\($0)" })
        }
        if let unknown = keys.sorted.first(where: { !known.contains($0) }) {
            let section = unknown.split(separator: ".").first.map { "\($0)." } ?? ""
            let near = known.filter { $0.hasPrefix(section) }.sorted()
            let choices = near.isEmpty ? known.sorted() : near
            throw OperatorMistake(
                what: "the configuration file \(path) holds the unknown key `\(unknown)`", why: "muster would ignore it",
                fix: "remove it, or use one of: \(choices.joined(separator: ", "))")
        }
        return provider
    }

    private final class FoundKeys: Sendable {
        private let keys = Mutex<Set<String>>([])

        func add(_ key: String) {
            self.keys.withLock { _ = $0.insert(key) }
        }

        var sorted: [String] { self.keys.withLock { $0.sorted() } }
    }
}
