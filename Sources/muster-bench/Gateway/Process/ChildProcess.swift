import Foundation

/// Another process of this same executable, which speaks in lines of JSON on its standard output.
final class ChildProcess {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private let name: String

    /// - Parameter prefix: words to put before the command, such as a profiler's.
    init(_ arguments: [String], prefix: [String] = []) throws {
        self.name = arguments.first ?? ""
        self.process.executableURL = URL(filePath: "/usr/bin/env")
        self.process.arguments = prefix + [try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")] + arguments
        self.process.standardInput = self.input
        self.process.standardOutput = self.output
        try self.process.run()
    }

    /// The next line, decoded. What a profiler prints besides goes to standard error.
    func read<Value: Decodable>(_ type: Value.Type) throws -> Value {
        var line = Data()
        while line.last != UInt8(ascii: "\n") {
            let more = self.output.fileHandleForReading.availableData
            guard !more.isEmpty else {
                self.process.waitUntilExit()
                throw BenchError.failed(process: self.name, why: "it ended with \(self.process.terminationStatus) and without a result")
            }
            line += more
        }
        return try JSONDecoder().decode(type, from: line)
    }

    /// Ends a process that lives as long as its standard input; waits for any other.
    func end() {
        // It may have ended already, and the pipe with it.
        try? self.input.fileHandleForWriting.close()
        self.process.waitUntilExit()
    }
}
