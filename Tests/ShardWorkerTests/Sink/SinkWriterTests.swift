import ClusterModel
import Foundation
import GatewayClient
import GatewayModel
import Glibc
import Synchronization
import Testing

@testable import ShardWorker

@Suite("The sink's writer", .timeLimit(.minutes(1)))
struct SinkWriterTests {
    @Test("keeps each shard's order, whole lines only, whatever the batches")
    func order() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        var limits = SinkLimits()
        limits.batchBytes = 700
        let writer = SinkWriter(try NDJSONSink(file: directory.file("events"), sync: false), limits: limits)
        let lanes = (0..<4).map { writer.open(lease($0), application: application) }
        await withDiscardingTaskGroup { group in
            for lane in lanes {
                group.addTask {
                    for sequence in Int64(1)...2000 {
                        let size = sequence % 500 == 0 ? 3000 : Int(sequence % 90)
                        _ = lane.append(dispatch(sequence, data: "\"\(String(repeating: "x", count: size))\""))
                    }
                }
            }
        }
        for lane in lanes {
            #expect(await writer.flush(lane, within: .seconds(20)))
            #expect(lane.accepted == AcceptedPosition(sessionID: "s1", sequence: 2000))
            await writer.close(lane)
        }
        #expect(writer.acceptedEvents == 8000)
        await writer.close()
        var last: [Int: Int64] = [:]
        for line in try lines(of: directory.file("events")) {
            let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            let shard = try #require(object["shard"] as? Int)
            let sequence = try #require(object["seq"] as? Int64)
            #expect(sequence == last[shard, default: 0] + 1)
            last[shard] = sequence
        }
        #expect(last == [0: 2000, 1: 2000, 2: 2000, 3: 2000])
    }

    @Test("puts a gap before what follows it")
    func gap() async throws {
        let sink = GatedSink()
        sink.open()
        let writer = SinkWriter(sink)
        let lane = writer.open(lease(0), application: application)
        _ = lane.append(dispatch(5))
        lane.append(.gap(.sessionLost, session: nil))
        _ = lane.append(dispatch(1, session: "s2"))
        #expect(await writer.flush(lane, within: .seconds(5)))
        #expect(lane.accepted == AcceptedPosition(sessionID: "s2", sequence: 1))
        await writer.close()
        let text = sink.text.split(separator: "\n")
        #expect(text.count == 3)
        #expect(text[1].contains(#""control":"gap""#))
    }

    @Test("accepts nothing that a full disk refused, tries again, and then accepts all of it")
    func fullDisk() async throws {
        let sink = GatedSink()
        let writer = SinkWriter(sink)
        let lane = writer.open(lease(0), application: application)
        for sequence in Int64(1)...10 { _ = lane.append(dispatch(sequence)) }
        #expect(await !writer.flush(lane, within: .milliseconds(200)))
        #expect(lane.accepted == nil)
        sink.open()
        #expect(await writer.flush(lane, within: .seconds(5)))
        #expect(lane.accepted?.sequence == 10)
        #expect(sink.text.split(separator: "\n").count == 10)
        await writer.close()
    }

    @Test("accepts only what is durable, where that was asked for")
    func durable() async throws {
        let sink = GatedSink()
        sink.open()
        sink.state.withLock { $0.isDurable = false }
        let writer = SinkWriter(sink)
        let lane = writer.open(lease(0), application: application)
        _ = lane.append(dispatch(1))
        #expect(await !writer.flush(lane, within: .milliseconds(200)))
        #expect(lane.accepted == nil)
        sink.state.withLock { $0.isDurable = true }
        #expect(await writer.flush(lane, within: .seconds(5)))
        #expect(lane.accepted?.sequence == 1)
        #expect(sink.text.split(separator: "\n").count == 1)
        await writer.close()
    }

    @Test("pauses reading at the high mark and goes on at the low one")
    func backPressure() async throws {
        let sink = GatedSink()
        var limits = SinkLimits()
        limits.laneHighBytes = 1000
        limits.laneLowBytes = 100
        let writer = SinkWriter(sink, limits: limits)
        let lane = writer.open(lease(0), application: application)
        let other = writer.open(lease(1), application: application)
        let listener = RecordingListener()
        lane.setListener(listener)
        var sequence: Int64 = 0
        var delivery = Delivery.goOn
        while delivery == .goOn, sequence < 100 {
            sequence += 1
            delivery = lane.append(dispatch(sequence))
        }
        #expect((5...20).contains(sequence))  // about 90 bytes a line
        #expect(other.append(dispatch(1)) == .goOn)
        #expect(listener.heard.withLock { $0.drained } == 0)
        sink.open()
        #expect(await writer.flush(lane, within: .seconds(5)))
        #expect(listener.heard.withLock { $0.drained } == 1)
        #expect(listener.heard.withLock { $0.positions.last } == AcceptedPosition(sessionID: "s1", sequence: sequence))
        #expect(lane.append(dispatch(sequence + 1)) == .goOn)
        await writer.close()
    }

    @Test("writes nothing without authority, and all of it once there is some again")
    func authority() async throws {
        let sink = GatedSink()
        sink.open()
        let writer = SinkWriter(sink, authority: DialAuthority(dialUntil: BootClock.now, emitUntil: BootClock.now))
        let lane = writer.open(lease(0), application: application)
        _ = lane.append(dispatch(1))
        #expect(await !writer.flush(lane, within: .milliseconds(100)))
        #expect(sink.text == "")
        writer.setAuthority(DialAuthority(dialUntil: nil, emitUntil: BootClock.now + .seconds(60)))
        #expect(await writer.flush(lane, within: .seconds(5)))
        #expect(lane.accepted?.sequence == 1)
        await writer.close()
    }

    @Test("drops what waits of a fenced shard, unaccepted")
    func fenced() async throws {
        let sink = GatedSink()
        let writer = SinkWriter(sink)
        let lane = writer.open(lease(0), application: application)
        _ = lane.append(dispatch(1))
        lane.discard()
        _ = lane.append(dispatch(2))
        await writer.close(lane)
        sink.open()
        #expect(lane.accepted == nil)
        #expect(lane.discardedLines == 2)
        await writer.close()
        #expect(sink.text == "")
    }

    @Test("drops what waits of an assignment once a newer one is known")
    func staleEpoch() async throws {
        let sink = GatedSink()
        let writer = SinkWriter(sink)
        let old = writer.open(lease(0, epoch: 1), application: application)
        _ = old.append(dispatch(1))
        let new = writer.open(lease(0, epoch: 2), application: application)
        _ = new.append(dispatch(1))
        sink.open()
        #expect(await writer.flush(new, within: .seconds(5)))
        #expect(await writer.flush(old, within: .seconds(5)))
        #expect(old.accepted == nil)
        #expect(new.accepted?.sequence == 1)
        let late = writer.open(lease(0, epoch: 1), application: application)
        _ = late.append(dispatch(2))
        #expect(await writer.flush(late, within: .seconds(5)))
        await writer.close()
        #expect(sink.text.split(separator: "\n").allSatisfy { $0.contains(#""epoch":2"#) })
    }

    @Test("says in time that a slow pipe has not taken all, and splits no line wrongly")
    func slowPipe() async throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let writer = SinkWriter(try NDJSONSink(descriptor: ends[1], name: "pipe", sync: false))
        close(ends[1])
        let lane = writer.open(lease(0), application: application)
        // One line, so that all of it is one chunk.
        _ = lane.append(dispatch(1, data: "\"" + String(repeating: "x", count: 4 << 20) + "\""))
        // Takes 4 MB in 20 s at best, until it is told to hurry.
        let reader = PipeReader(ends[0], pauseMicroseconds: 20_000)
        #expect(await !writer.flush(lane, within: .milliseconds(300)))
        reader.hurry()
        #expect(await writer.flush(lane, within: .seconds(30)))
        await writer.close()
        let received = String(decoding: await reader.all, as: UTF8.self).split(separator: "\n")
        #expect(received.count == 1)
        for line in received { _ = try JSONSerialization.jsonObject(with: Data(line.utf8)) }
    }

    @Test("finishes the line that a slow pipe took a part of, even of a shard that was fenced meanwhile")
    func partialWrites() async throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let writer = SinkWriter(try NDJSONSink(descriptor: ends[1], name: "pipe", sync: false))
        close(ends[1])
        let first = writer.open(lease(0), application: application)
        let second = writer.open(lease(1), application: application)
        // Far more than a pipe holds, so that the first write ends in the middle of a line.
        let text = "\"" + String(repeating: "x", count: 99_990) + "\""
        for sequence in Int64(1)...3 { _ = first.append(dispatch(sequence, data: text)) }
        #expect(await !writer.flush(first, within: .milliseconds(300)))
        first.discard()
        for sequence in Int64(1)...3 { _ = second.append(dispatch(sequence, data: "{}")) }
        let reader = PipeReader(ends[0])
        #expect(await writer.flush(second, within: .seconds(5)))
        await writer.close()
        let received = String(decoding: await reader.all, as: UTF8.self).split(separator: "\n")
        #expect(received.count == 4)
        for line in received { _ = try JSONSerialization.jsonObject(with: Data(line.utf8)) }
        #expect(second.accepted?.sequence == 3)
    }
}
