import Foundation
import Testing

@testable import LocalCluster

@Suite("Event file") struct EventFileTests {
    @Test("only whole lines are read, each once, and a torn one when it is whole") func wholeLines() throws {
        try withDirectory { directory in
            let path = "\(directory)/w1.ndjson"
            var file = EventFile(path: path)
            #expect(read(&file) == [])
            try append("one\ntwo\nthr", to: path)
            #expect(read(&file) == ["one", "two"])
            #expect(read(&file) == [])
            try append("ee\n\n", to: path)
            #expect(read(&file) == ["three", ""])
            #expect(file.offset == 15)
        }
    }

    @Test("a torn line that its writer cut off is never seen") func torn() throws {
        try withDirectory { directory in
            let path = "\(directory)/w1.ndjson"
            var file = EventFile(path: path)
            try append("one\ntorn, long", to: path)
            #expect(read(&file) == ["one"])
            truncate(path, 4)
            #expect(read(&file) == [])
            try append("two\n", to: path)
            #expect(read(&file) == ["two"])
        }
    }

    @Test("lines longer than the first buffer are read whole") func longLines() throws {
        try withDirectory { directory in
            let path = "\(directory)/w1.ndjson"
            let long = String(repeating: "x", count: 3 << 20)
            try append("\(long)\nshort\n\(long)\n", to: path)
            var file = EventFile(path: path)
            #expect(read(&file) == [long, "short", long])
        }
    }
}

@Suite("Saved check") struct SavedCheckTests {
    private func prepare(_ directory: StateDirectory, saved: SavedCheck?, at now: Int64) throws -> SavedCheck {
        try saved?.save(in: directory)
        return try SavedCheck.prepare(directory, simulatorTime: now, ledgerCursor: 70)
    }

    @Test("files verified to their ends are removed; others are gone on with") func removed() async throws {
        try await withStateDirectory { directory in
            try append("0123456789", to: directory.events(of: "w1"))
            try append("0123456789", to: directory.events(of: "w2"))
            try append("0123456789", to: directory.events(of: "w3"))
            let checkpoint = DeliveryChecker.Checkpoint(cursor: 7, sessions: [])
            let saved = SavedCheck(simulatorTime: 100, checker: checkpoint, offsets: ["w1": 10, "w2": 4])
            let start = try self.prepare(directory, saved: saved, at: 100)
            #expect(start == SavedCheck(simulatorTime: 100, checker: checkpoint, offsets: ["w2": 4, "w3": 0]))
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory.events).sorted() == ["w2.ndjson", "w3.ndjson"])
            #expect(try SavedCheck.prepare(directory, simulatorTime: 100, ledgerCursor: 70) == start)
        }
    }

    @Test("with a simulator that is older than the check, or without a check, nothing of before is judged") func startOver() async throws {
        try await withStateDirectory { directory in
            try append("0123456789", to: directory.events(of: "w1"))
            let saved = SavedCheck(simulatorTime: 100, checker: DeliveryChecker.Checkpoint(cursor: 7, sessions: []), offsets: ["w1": 4])
            #expect(try self.prepare(directory, saved: saved, at: 99) == SavedCheck(simulatorTime: 99, checker: .init(cursor: 70, sessions: []), offsets: [:]))
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory.events).isEmpty)
        }
    }
}

private func read(_ file: inout EventFile) -> [String?] {
    var lines: [String?] = []
    file.readNewLines { lines.append($0.map { String(decoding: $0, as: UTF8.self) }) }
    return lines
}
