import Foundation
import GatewayModel
import SimulatedGateway

/// The file that keeps a simulator's gateway over restarts. Replaced in one step, so that a crash leaves the old one.
struct StateFile: Sendable {
    let path: String

    /// - Throws: `OperatorMistake` where the directory is missing.
    init(path: String) throws {
        self.path = path
        let directory = URL(fileURLWithPath: path).deletingLastPathComponent().path
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: directory, isDirectory: &isDirectory), isDirectory.boolValue else {
            throw OperatorMistake(what: "cannot keep state in \(path)", why: "\(directory) is no directory", fix: "create it, or choose another `--state-file`")
        }
    }

    /// `nil`: there is none yet.
    func load(rules: GatewayConfiguration) throws -> GatewayMachine? {
        guard FileManager.default.fileExists(atPath: self.path) else { return nil }
        do {
            return try GatewayMachine(restoring: [UInt8](Data(contentsOf: URL(fileURLWithPath: self.path))), configuration: rules)
        } catch let error as SavedStateError {
            let why =
                switch error {
                case .notAState: "it is no simulator state of this version"
                case .damaged(let offset): "it is damaged at byte \(offset)"
                }
            throw OperatorMistake(what: "cannot load \(self.path)", why: why, fix: "move it away to start with an empty simulator")
        } catch {
            throw OperatorMistake(what: "cannot read \(self.path)", why: "\(error)", fix: "make it readable, or choose another `--state-file`")
        }
    }

    func save(_ state: [UInt8]) throws {
        do {
            try Data(state).write(to: URL(fileURLWithPath: self.path), options: .atomic)
        } catch {
            throw OperatorMistake(what: "cannot save \(self.path)", why: "\(error)", fix: "make room, or choose another `--state-file`")
        }
    }
}
