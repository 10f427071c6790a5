import Foundation

/// The checker's state between two runs of `muster up`.
struct SavedCheck: Codable, Equatable, Sendable {
    /// Simulator time of the last round, milliseconds.
    var simulatorTime: Int64
    var checker: DeliveryChecker.Checkpoint
    /// How far each event file was read, by worker.
    var offsets: [String: Int]

    /// Takes up what the last run left, and removes the event files that are verified to their ends. No worker may run.
    ///
    /// Where the simulator's state is older than the checker's (it crashed, or its file was deleted), or there is no checker's state, nothing of
    /// before can be judged: the ledger up to now is skipped, and every event file is removed.
    static func prepare(_ directory: StateDirectory, simulatorTime: Int64, ledgerCursor: Int64) throws -> SavedCheck {
        let saved = Self.load(from: directory).flatMap { $0.simulatorTime <= simulatorTime ? $0 : nil }
        var offsets: [String: Int] = [:]
        for file in try FileManager.default.contentsOfDirectory(atPath: directory.events) where file.hasSuffix(".ndjson") {
            let worker = String(file.dropLast(".ndjson".count))
            let path = directory.events(of: worker)
            let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
            if let saved, case let offset = saved.offsets[worker] ?? 0, offset != size {
                offsets[worker] = offset
            } else {
                try FileManager.default.removeItem(atPath: path)
            }
        }
        let checker = saved?.checker ?? DeliveryChecker.Checkpoint(cursor: ledgerCursor, sessions: [])
        let start = SavedCheck(simulatorTime: saved?.simulatorTime ?? simulatorTime, checker: checker, offsets: offsets)
        // Before a worker writes into a file that begins anew: an offset of the old one must not outlive it.
        try start.save(in: directory)
        return start
    }

    func save(in directory: StateDirectory) throws {
        try JSONEncoder().encode(self).write(to: URL(fileURLWithPath: directory.checkerState), options: .atomic)
    }

    /// `nil` where there is none, or none that can be read: the check begins anew.
    private static func load(from directory: StateDirectory) -> SavedCheck? {
        (try? Data(contentsOf: URL(fileURLWithPath: directory.checkerState))).flatMap { try? JSONDecoder().decode(SavedCheck.self, from: $0) }
    }
}
