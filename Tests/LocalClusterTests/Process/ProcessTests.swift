import Foundation
import GatewayModel
import Testing

@testable import LocalCluster

@Suite("State directory and processes") struct ProcessTests {
    @Test("a second one in the same directory is refused, and told who is there") func locked() async throws {
        try await withStateDirectory { directory in
            await #expect {
                _ = try await StateDirectory.open(directory.path, patience: .zero)
            } throws: { error in
                "\(error)".contains("is locked") && "\(error)".contains("process \(getpid())")
            }
        }
    }

    @Test("a directory that cannot be made is a clear error") func unusable() async throws {
        await #expect(throws: OperatorMistake.self) { try await StateDirectory.open("/dev/null/x", patience: .zero) }
    }

    @Test("a simulator that ended without saving is forgotten, with the check that was ahead of it") func staleSimulator() async throws {
        try await withStateDirectory { directory in
            func write(_ file: String, age: TimeInterval) throws {
                try Data("x".utf8).write(to: URL(fileURLWithPath: file))
                try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSinceNow: -age)], ofItemAtPath: file)
            }
            #expect(!directory.forgetStaleSimulator())
            try write(directory.checkerState, age: 10)
            try write(directory.simulatorState, age: 5)
            #expect(!directory.forgetStaleSimulator())
            try write(directory.simulatorState, age: 15)
            #expect(directory.forgetStaleSimulator())
            #expect(!FileManager.default.fileExists(atPath: directory.simulatorState))
            #expect(!FileManager.default.fileExists(atPath: directory.checkerState))
        }
    }

    @Test("ports are kept over restarts, and only those replaced that something else took") func ports() throws {
        try withDirectory { directory in
            let file = "\(directory)/ports.json"
            let first = try Ports.kept(in: file)
            #expect(Set([first.gateway, first.resume, first.control, first.admin]).count == 4)
            #expect(try Ports.kept(in: file) == first)

            let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(listener) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = in_port_t(first.resume).bigEndian
            address.sin_addr.s_addr = inet_addr("127.0.0.1")
            let bound = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(listener, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
            }
            #expect(bound == 0)
            #expect(listen(listener, 1) == 0)
            let second = try Ports.kept(in: file)
            #expect(second.resume != first.resume)
            var expected = first
            expected.resume = second.resume
            #expect(second == expected)
        }
    }

    @Test("a process that ends by itself is started again, but not for ever") func restarts() {
        var plan = RestartPlan()
        var answers = (Int64(0)...5).map { plan.ended(at: Instant(nanoseconds: $0 * 1_000_000_000)) }
        #expect(answers == [true, true, true, true, true, false])
        #expect(plan.gaveUp)
        var slow = RestartPlan()
        answers = (Int64(0)..<20).map { slow.ended(at: Instant(nanoseconds: $0 * 61_000_000_000)) }
        #expect(answers.allSatisfy { $0 })
    }

    @Test("the rate is that of the last two seconds") func rate() {
        var meter = RateMeter()
        for tick in Int64(0)...40 { meter.observed(Int(tick) * 50, at: Instant(nanoseconds: tick * 250_000_000)) }
        #expect(abs(meter.perSecond - 200) < 1)
        for tick in Int64(41)...60 { meter.observed(2000, at: Instant(nanoseconds: tick * 250_000_000)) }
        #expect(meter.perSecond == 0)
    }
}
