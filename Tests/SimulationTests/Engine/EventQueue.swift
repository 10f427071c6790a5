/// What is to happen, by time; at one time, in the order in which it was scheduled.
struct EventQueue<Event> {
    private var heap: [Entry] = []
    private var slots: [Event?] = []
    private var free: [Int32] = []
    private var counter: UInt64 = 0

    var isEmpty: Bool { self.heap.isEmpty }
    var nextTime: Int64? { self.heap.first?.time }

    mutating func schedule(_ event: Event, at time: Int64) {
        let slot: Int32
        if let reused = self.free.popLast() {
            slot = reused
            self.slots[Int(slot)] = event
        } else {
            slot = Int32(self.slots.count)
            self.slots.append(event)
        }
        self.counter += 1
        self.heap.append(Entry(time: time, counter: self.counter, slot: slot))
        self.siftUp(self.heap.count - 1)
    }

    mutating func next() -> (time: Int64, event: Event)? {
        guard let first = self.heap.first else { return nil }
        let last = self.heap.removeLast()
        if !self.heap.isEmpty {
            self.heap[0] = last
            self.siftDown(0)
        }
        let slot = Int(first.slot)
        guard let event = self.slots[slot] else { preconditionFailure("an entry without its event") }
        self.slots[slot] = nil
        self.free.append(first.slot)
        return (first.time, event)
    }

    private mutating func siftUp(_ start: Int) {
        var child = start
        let entry = self.heap[child]
        while child > 0 {
            let parent = (child - 1) / 2
            guard entry < self.heap[parent] else { break }
            self.heap[child] = self.heap[parent]
            child = parent
        }
        self.heap[child] = entry
    }

    private mutating func siftDown(_ start: Int) {
        var parent = start
        let entry = self.heap[parent]
        let count = self.heap.count
        while true {
            var child = 2 * parent + 1
            guard child < count else { break }
            if child + 1 < count, self.heap[child + 1] < self.heap[child] { child += 1 }
            guard self.heap[child] < entry else { break }
            self.heap[parent] = self.heap[child]
            parent = child
        }
        self.heap[parent] = entry
    }

    private struct Entry {
        var time: Int64
        var counter: UInt64
        var slot: Int32

        static func < (left: Entry, right: Entry) -> Bool {
            left.time != right.time ? left.time < right.time : left.counter < right.counter
        }
    }
}
