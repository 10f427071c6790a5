import ClusterTestKit

/// The dice of one seed.
struct Draw: RandomNumberGenerator {
    private var generator: SeededGenerator

    init(seed: UInt64) {
        self.generator = SeededGenerator(seed: seed)
    }

    mutating func next() -> UInt64 { self.generator.next() }

    mutating func chance(_ probability: Double) -> Bool {
        Double(self.next() >> 11) * 0x1p-53 < probability
    }

    /// Uniform in `range`; a cheap draw, slightly biased for huge ranges.
    mutating func integer(_ range: ClosedRange<Int64>) -> Int64 {
        range.lowerBound + Int64(self.next() % UInt64(range.upperBound - range.lowerBound + 1))
    }

    mutating func integer(_ range: ClosedRange<Int>) -> Int {
        Int(self.integer(Int64(range.lowerBound)...Int64(range.upperBound)))
    }

    mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[self.integer(0...(elements.count - 1))]
    }

    /// A duration between the two, in nanoseconds, mostly near the lower end: squared uniform.
    mutating func skewed(_ range: ClosedRange<Int64>) -> Int64 {
        let unit = Double(self.next() >> 11) * 0x1p-53
        return range.lowerBound + Int64(Double(range.upperBound - range.lowerBound) * unit * unit)
    }

    /// A generator of its own, so that more draws in one place change nothing in another.
    mutating func fork() -> Draw { Draw(seed: self.next()) }
}

let nanosecond: Int64 = 1
let microsecond: Int64 = 1_000
let millisecond: Int64 = 1_000_000
let second: Int64 = 1_000_000_000
