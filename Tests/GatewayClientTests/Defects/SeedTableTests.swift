import Foundation
import Testing

@Suite("The table of what earlier systems could do") struct SeedTableTests {
    private struct Row {
        var number: String
        var suites: [String]
    }

    private static var root: URL {
        var url = URL(filePath: #filePath)
        for _ in 0..<4 { url.deleteLastPathComponent() }
        return url
    }

    /// Rows whose last cell names suites.
    private static func rows() throws -> [Row] {
        let text = try String(contentsOf: Self.root.appending(path: "docs/seeds.md"), encoding: .utf8)
        return text.split(separator: "\n").compactMap { line in
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard line.hasPrefix("| "), let number = cells.first, number.contains(/^[DG]?[0-9]+$/), let last = cells.last else { return nil }
            let suites = last.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter { $0 != "the rows above" }
            return Row(number: number, suites: suites)
        }
    }

    /// The text of every suite's file, by the file's name without `Tests.swift`. Targets have files of the same name.
    private static func suites() throws -> [String: [String]] {
        guard let files = FileManager.default.enumerator(at: Self.root.appending(path: "Tests"), includingPropertiesForKeys: nil) else { return [:] }
        var suites: [String: [String]] = [:]
        for case let file as URL in files where file.lastPathComponent.hasSuffix("Tests.swift") {
            suites[String(file.lastPathComponent.dropLast(11)), default: []].append(try String(contentsOf: file, encoding: .utf8))
        }
        return suites
    }

    @Test("has every row, and names suites that exist") func complete() throws {
        let rows = try Self.rows()
        #expect(rows.map(\.number) == (1...32).map { "D\($0)" } + (1...25).map { "G\($0)" } + (1...47).map { "\($0)" })
        let suites = try Self.suites()
        for row in rows {
            #expect(!row.suites.isEmpty)
            for suite in row.suites { #expect(suites[suite] != nil, "\(row.number): \(suite)") }
        }
    }

    @Test("names, for each defect, suites with a test of its number") func numbered() throws {
        let suites = try Self.suites()
        for row in try Self.rows() where row.number.first?.isNumber == true {
            let number = try Regex("\"[Dd]efects? ([0-9]+, )*\(row.number)(, [0-9]+)*(, [A-Z0-9]+)?:")
            for suite in row.suites { #expect(suites[suite]?.contains { $0.contains(number) } == true, "\(row.number): \(suite)") }
        }
    }
}
