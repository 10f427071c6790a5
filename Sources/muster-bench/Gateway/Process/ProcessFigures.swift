import CAllocationCounter
import Foundation
import Glibc

/// What this process has used so far.
struct ProcessFigures: Codable, Sendable {
    /// Seconds since an arbitrary origin.
    var wall: Double
    var userCPU: Double
    var systemCPU: Double
    var allocations: Int
    /// read(2) and its like, of all threads; what taking the figures costs is in it.
    var readCalls: Int

    static var now: ProcessFigures {
        var usage = rusage()
        getrusage(RUSAGE_SELF.rawValue, &usage)
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return ProcessFigures(
            wall: Double(time.tv_sec) + Double(time.tv_nsec) / 1e9, userCPU: Self.seconds(usage.ru_utime), systemCPU: Self.seconds(usage.ru_stime),
            allocations: Int(muster_allocation_count()), readCalls: Self.readCallsOfProcess())
    }

    static func - (left: ProcessFigures, right: ProcessFigures) -> ProcessFigures {
        ProcessFigures(
            wall: left.wall - right.wall, userCPU: left.userCPU - right.userCPU, systemCPU: left.systemCPU - right.systemCPU,
            allocations: left.allocations - right.allocations, readCalls: left.readCalls - right.readCalls)
    }

    private static func seconds(_ time: timeval) -> Double {
        Double(time.tv_sec) + Double(time.tv_usec) / 1e6
    }

    private static func readCallsOfProcess() -> Int {
        let line = ProcFile.text("/proc/self/io").split(separator: "\n").first { $0.hasPrefix("syscr:") }
        return line.flatMap { Int($0.dropFirst(6).trimmingPrefix { $0 == " " }) } ?? 0
    }
}
