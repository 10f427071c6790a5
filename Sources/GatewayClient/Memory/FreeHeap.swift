import CMalloc
import NIOPosix

/// Gives memory that a burst left behind back to the system, a few seconds after it.
///
/// When hundreds of shards get their guilds at the same time, each assembles messages of 100 KB and more. glibc keeps what they free, scattered between
/// what lives on: a process would stay as large as it was in that second.
package enum FreeHeap {
    /// Free memory below this, or below a thirtieth of what is in use, is left to the next burst.
    private static let keptBytes = 1 << 20
    private static let interval = Duration.seconds(3)

    /// Runs until the task is cancelled. Only what two looks in a row found to be free is given back, so that steady traffic keeps its memory.
    package static func giveBackWhileRunning() async {
        var before = 0
        while true {
            do {
                try await Task.sleep(for: self.interval)
                let kept = before
                // Locks the heap for some milliseconds: not on a thread of the cooperative pool.
                before = try await NIOThreadPool.singleton.runIfActive {
                    let heap = mallinfo2()
                    let free = Int(heap.fordblks)
                    guard min(free, kept) > max(self.keptBytes, Int(heap.uordblks) / 30) else { return free }
                    malloc_trim(0)
                    return 0
                }
            } catch {
                // Cancelled, or the process ends.
                return
            }
        }
    }
}
