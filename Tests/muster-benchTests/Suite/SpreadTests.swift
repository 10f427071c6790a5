import Testing

@testable import muster_bench

@Suite("The spread of repetitions") struct SpreadTests {
    @Test(
        "has the middle one, the least and the most",
        arguments: [([3], 3, 3, 3), ([2, 1, 3], 2, 1, 3), ([9, 1, 1], 1, 1, 9), ([4, 1, 3, 2], 3, 1, 4)] as [([Double], Double, Double, Double)])
    func spread(values: [Double], median: Double, least: Double, most: Double) throws {
        let spread = try #require(Spread(values))
        #expect(spread.median == median)
        #expect(spread.least == least)
        #expect(spread.most == most)
    }

    @Test("of nothing there is none") func nothing() {
        #expect(Spread([]) == nil)
    }
}
