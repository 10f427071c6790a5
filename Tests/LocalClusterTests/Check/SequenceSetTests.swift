import Testing

@testable import LocalCluster

@Suite("Sequence set") struct SequenceSetTests {
    @Test("a stream without holes is one range") func oneRange() {
        var set = SequenceSet()
        for number in Int64(1)...1000 {
            let isNew = set.insert(number)
            #expect(isNew)
        }
        #expect(set.ranges == [1...1000])
        let again = set.insert(500)
        #expect(!again)
        #expect(!set.contains(1001))
    }

    @Test("a hole splits it, and filling the hole joins it again") func holes() {
        var set = SequenceSet()
        for number: Int64 in [1, 2, 5, 4, 9] { _ = set.insert(number) }
        #expect(set.ranges == [1...2, 4...5, 9...9])
        _ = set.insert(3)
        #expect(set.ranges == [1...5, 9...9])
        #expect(!set.contains(7))
    }

    @Test("it holds what a set of numbers holds, in any order of insertion") func likeASet() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<50 {
            var set = SequenceSet()
            var numbers: Set<Int64> = []
            for _ in 0..<200 {
                let number = Int64.random(in: 0..<120, using: &random)
                let isNew = set.insert(number)
                #expect(isNew == numbers.insert(number).inserted)
            }
            for number in Int64(-1)...121 { #expect(set.contains(number) == numbers.contains(number)) }
            #expect(SequenceSet(set.ranges.shuffled()) == set)
        }
    }
}
