import CAllocationCounter
import Glibc

/// What this process holds now, in bytes.
struct MemoryFigures: Codable, Sendable {
    /// Pages in memory: what counts.
    var resident: Int
    /// Of the heap, allocated.
    var inUse: Int
    /// Of the heap, given back to malloc and kept by it: resident as far as it was ever touched.
    var free: Int

    static var now: MemoryFigures {
        let fields = ProcFile.text("/proc/self/statm").split(separator: " ")
        let pages = fields.count > 1 ? Int(fields[1]) ?? 0 : 0
        return MemoryFigures(
            resident: pages * sysconf(Int32(_SC_PAGESIZE)), inUse: Int(muster_heap_in_use()), free: Int(muster_heap_free()))
    }

    static func - (left: MemoryFigures, right: MemoryFigures) -> MemoryFigures {
        MemoryFigures(resident: left.resident - right.resident, inUse: left.inUse - right.inUse, free: left.free - right.free)
    }
}
