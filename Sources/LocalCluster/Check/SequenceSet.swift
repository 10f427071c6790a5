/// A set of sequence numbers as ranges: one range for a stream without holes, however long.
struct SequenceSet: Equatable, Sendable {
    /// Sorted, neither overlapping nor touching.
    private(set) var ranges: [ClosedRange<Int64>] = []

    init() {}

    /// - Parameter ranges: in any order.
    init(_ ranges: [ClosedRange<Int64>]) {
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = self.ranges.last, range.lowerBound <= last.upperBound + 1 {
                self.ranges[self.ranges.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                self.ranges.append(range)
            }
        }
    }

    func contains(_ number: Int64) -> Bool {
        let index = self.firstIndex(endingAtOrAfter: number)
        return index < self.ranges.count && self.ranges[index].contains(number)
    }

    /// - Returns: whether it was not there before.
    mutating func insert(_ number: Int64) -> Bool {
        // Almost every number is the successor of the highest one.
        if let last = self.ranges.last, number == last.upperBound + 1 {
            self.ranges[self.ranges.count - 1] = last.lowerBound...number
            return true
        }
        let index = self.firstIndex(endingAtOrAfter: number)
        if index < self.ranges.count, self.ranges[index].contains(number) { return false }
        let joinsLeft = index > 0 && self.ranges[index - 1].upperBound + 1 == number
        let joinsRight = index < self.ranges.count && self.ranges[index].lowerBound - 1 == number
        switch (joinsLeft, joinsRight) {
        case (true, true):
            self.ranges[index - 1] = self.ranges[index - 1].lowerBound...self.ranges[index].upperBound
            self.ranges.remove(at: index)
        case (true, false): self.ranges[index - 1] = self.ranges[index - 1].lowerBound...number
        case (false, true): self.ranges[index] = number...self.ranges[index].upperBound
        case (false, false): self.ranges.insert(number...number, at: index)
        }
        return true
    }

    private func firstIndex(endingAtOrAfter number: Int64) -> Int {
        var low = 0
        var high = self.ranges.count
        while low < high {
            let middle = (low + high) / 2
            if self.ranges[middle].upperBound < number { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
