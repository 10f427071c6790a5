import Foundation
import Testing

/// Each test shows that a known defect of an earlier system is not ours. The numbers are those of docs/seeds.md.
@Suite("Defects of the documentation") struct SnippetDefectTests {
    private static var root: URL {
        var url = URL(filePath: #filePath)
        for _ in 0..<4 { url.deleteLastPathComponent() }
        return url
    }

    private static func files(_ folder: String, _ suffix: String) -> [URL] {
        guard let files = FileManager.default.enumerator(at: Self.root.appending(path: folder), includingPropertiesForKeys: nil) else { return [] }
        return files.compactMap { $0 as? URL }.filter { $0.path.hasSuffix(suffix) && !$0.path.contains("/.build/") }
    }

    /// The lines of each ```swift block, without indentation and empty ones.
    static func blocks(of markdown: String) -> [[String]] {
        var blocks: [[String]] = []
        var block: [String]?
        for line in markdown.split(separator: "\n", omittingEmptySubsequences: false) {
            let text = line.trimmingCharacters(in: .whitespaces)
            if text == "```swift" {
                block = []
            } else if text.hasPrefix("```"), let lines = block {
                blocks.append(lines)
                block = nil
            } else if !text.isEmpty {
                block?.append(text)
            }
        }
        return blocks
    }

    /// Whether the lines stand one after another in one of the sources, whatever their indentation.
    static func isCompiled(_ block: [String], in sources: [String]) -> Bool {
        let wanted = "\n" + block.joined(separator: "\n") + "\n"
        return sources.contains { Self.lines(of: $0).contains(wanted) }
    }

    private static func lines(of source: String) -> String {
        let lines = source.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
        return "\n" + lines.joined(separator: "\n") + "\n"
    }

    @Test("Defect 38: every Swift snippet of README, documents and tutorials stands in code that CI compiles") func defect38Compiled() throws {
        let documents = [Self.root.appending(path: "README.md")] + Self.files("docs", ".md") + Self.files("Sources", ".md")
        let sources = try (Self.files("Examples", ".swift") + Self.files("Sources", ".swift") + Self.files("Tests", ".swift")).map {
            try String(contentsOf: $0, encoding: .utf8)
        }
        #expect(sources.count > 100)
        for document in documents {
            for block in try Self.blocks(of: String(contentsOf: document, encoding: .utf8)) {
                // Not inside the expectation, which would print every source.
                let isCompiled = Self.isCompiled(block, in: sources)
                #expect(isCompiled, "\(document.lastPathComponent): \(block.first ?? "")")
            }
        }
    }

    @Test("Defect 38: a snippet that no source has is found") func defect38Found() {
        let markdown = "Text\n```swift\nlet a = 1\n    let b = 2\n```\n```sh\nls\n```\n"
        let block = ["let a = 1", "let b = 2"]
        #expect(Self.blocks(of: markdown) == [block])
        #expect(Self.isCompiled(block, in: ["func f() {\n    let a = 1\n\n    let b = 2\n}"]))
        #expect(!Self.isCompiled(block, in: ["let a = 1\nlet c = 3\nlet b = 2"]))
        #expect(!Self.isCompiled(block, in: ["let aa = 1\nlet b = 2"]))
    }
}
