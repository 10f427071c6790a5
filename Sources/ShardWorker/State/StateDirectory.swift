public import ClusterModel
import Foundation
public import GatewayModel
import Glibc

/// The directory of one worker. It holds the lock that makes "the same stable id came back" mean "the old process is dead".
public struct StateDirectory: Sendable {
    public let path: String
    public let stableID: StableID
    private let lockDescriptor: Int32

    /// Creates the directory where it is missing, takes its lock, and settles the worker's stable id.
    ///
    /// The lock goes with the process, however it ends.
    /// - Parameter stableID: the id given by the operator. `nil`: the one kept in `stable-id`, or a new random one.
    /// - Throws: `OperatorMistake` where another process holds the lock, the id is another one than last time, or the directory cannot be used.
    public init(path: String, stableID given: StableID?) throws(OperatorMistake) {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw OperatorMistake(
                what: "cannot create the state directory \(path)", why: error.localizedDescription, fix: "name a directory that this user may write to")
        }
        self.path = path
        self.lockDescriptor = try Self.lock("\(path)/lock", of: path)
        do {
            self.stableID = try Self.settle(given, in: path)
        } catch {
            close(self.lockDescriptor)
            throw error
        }
    }

    /// Frees the lock. Only for a process that goes on without a worker.
    public func release() {
        close(self.lockDescriptor)
    }

    private static func lock(_ file: String, of directory: String) throws(OperatorMistake) -> Int32 {
        let descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw OperatorMistake(what: "cannot open \(file)", why: SystemText.of(errno), fix: "name a directory that this user may write to")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            close(descriptor)
            guard code == EWOULDBLOCK else {
                throw OperatorMistake(what: "cannot lock \(file)", why: SystemText.of(code), fix: "use a directory on a local disk")
            }
            throw OperatorMistake(
                what: "the state directory \(directory) is in use", why: "another worker process holds its lock",
                fix: "give each worker a --state-directory of its own, or stop the other process")
        }
        return descriptor
    }

    private static func settle(_ given: StableID?, in directory: String) throws(OperatorMistake) -> StableID {
        let file = "\(directory)/stable-id"
        if let given { try self.check(given, from: "--stable-id") }
        if FileManager.default.fileExists(atPath: file) {
            let text: String
            do {
                text = try String(contentsOfFile: file, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
            } catch {
                throw OperatorMistake(what: "cannot read \(file)", why: error.localizedDescription, fix: "make it readable, or remove it")
            }
            let kept = StableID(rawValue: text)
            try self.check(kept, from: file)
            if let given, given != kept {
                throw OperatorMistake(
                    what: "the state directory \(directory) belongs to the worker \(kept)", why: "--stable-id says \(given)",
                    fix: "give \(given) a --state-directory of its own, or leave --stable-id out")
            }
            return kept
        }
        let id = given ?? StableID(rawValue: "w-" + Self.randomDigits())
        do {
            // Atomic: a crash leaves no half-written id.
            try "\(id)\n".write(toFile: file, atomically: true, encoding: .utf8)
        } catch {
            throw OperatorMistake(what: "cannot write \(file)", why: error.localizedDescription, fix: "name a directory that this user may write to")
        }
        return id
    }

    private static func check(_ id: StableID, from source: String) throws(OperatorMistake) {
        let isAllowed = { (byte: UInt8) -> Bool in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard (1...128).contains(id.rawValue.utf8.count), id.rawValue.utf8.allSatisfy(isAllowed) else {
            throw OperatorMistake(
                what: "`\(id.rawValue.prefix(128))` of \(source) is no stable id",
                why: "it must hold 1 to 128 characters of A-Z, a-z, 0-9, dot, underscore and hyphen",
                fix: "write --stable-id w1")
        }
    }

    private static func randomDigits() -> String {
        let digits = String(UInt64.random(in: 0...UInt64.max), radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
