import Foundation
import GatewayModel
import Glibc
import Testing

@testable import ShardWorker

@Suite("The NDJSON sink")
struct NDJSONSinkTests {
    @Test("cuts off the line that a crash left unfinished, and says how much that was", arguments: ["", "{\"a\":1}\n", "{\"a\":1}\n{\"b\":2}\n"])
    func tornLine(whole: String) throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let torn = "{\"torn\":\"" + String(repeating: "x", count: 200_000)
        try (whole + torn).write(toFile: directory.file("events"), atomically: false, encoding: .utf8)
        let sink = try NDJSONSink(file: directory.file("events"), sync: false)
        defer { sink.close() }
        #expect(sink.tornBytes == torn.utf8.count)
        #expect(Array("new\n".utf8).withUnsafeBytes { sink.write($0) } == SinkWrite(written: 4))
        #expect(try String(contentsOfFile: directory.file("events"), encoding: .utf8) == whole + "new\n")
    }

    @Test("leaves a whole file alone")
    func wholeFile() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        try "{}\n".write(toFile: directory.file("events"), atomically: false, encoding: .utf8)
        let sink = try NDJSONSink(file: directory.file("events"), sync: true)
        defer { sink.close() }
        #expect(sink.tornBytes == 0)
        #expect(sink.confirm() == nil)
        #expect(try lines(of: directory.file("events")) == ["{}"])
    }

    @Test("is refused a file that another sink writes to")
    func locked() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let first = try NDJSONSink(file: directory.file("events"), sync: false)
        #expect(throws: OperatorMistake.self) { try NDJSONSink(file: directory.file("events"), sync: false) }
        first.close()
        try NDJSONSink(file: directory.file("events"), sync: false).close()
    }

    @Test("names the file that it cannot open")
    func unopenable() throws {
        #expect { try NDJSONSink(file: "/nonexistent/events", sync: false) } throws: { "\($0)".contains("/nonexistent/events") }
    }

    @Test("takes nothing from a full disk, and says so")
    func fullDisk() throws {
        let sink = try NDJSONSink(file: "/dev/full", sync: false)
        defer { sink.close() }
        #expect(Array("line\n".utf8).withUnsafeBytes { sink.write($0) } == SinkWrite(written: 0, trouble: .diskFull))
    }

    @Test("never blocks on a pipe that nobody reads, and says when its reader is gone")
    func pipes() throws {
        signal(SIGPIPE, SIG_IGN)
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let sink = try NDJSONSink(descriptor: ends[1], name: "pipe", sync: true)
        defer { sink.close() }
        close(ends[1])
        let result = [UInt8](repeating: 0x20, count: 1 << 20).withUnsafeBytes { sink.write($0) }
        #expect(result.trouble == .readerSlow)
        #expect(result.written > 0 && result.written < 1 << 20)
        #expect(sink.confirm() == nil)
        #expect(!sink.cutBack(1))
        close(ends[0])
        #expect(Array("x".utf8).withUnsafeBytes { sink.write($0) } == SinkWrite(written: 0, trouble: .readerGone))
    }

    @Test("takes the end of a file back")
    func cutBack() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let sink = try NDJSONSink(file: directory.file("events"), sync: false)
        defer { sink.close() }
        _ = Array("one\ntwo\n".utf8).withUnsafeBytes { sink.write($0) }
        #expect(sink.cutBack(4))
        _ = Array("three\n".utf8).withUnsafeBytes { sink.write($0) }
        #expect(try lines(of: directory.file("events")) == ["one", "three"])
    }

    @Test(
        "is named by the operator",
        arguments: [("ndjson:-", SinkSpecification.standardOutput), ("ndjson:a/b.ndjson", .file("a/b.ndjson")), ("null", .null)])
    func specification(text: String, expected: SinkSpecification) throws {
        #expect(try SinkSpecification(text) == expected)
        #expect(expected.description == text)
    }

    @Test("is refused under any other name", arguments: ["", "ndjson", "ndjson:", "file:x", "NULL"])
    func badSpecification(text: String) {
        #expect(throws: OperatorMistake.self) { try SinkSpecification(text) }
    }
}
