import ClusterTestKit

/// Invented words, so that text compresses somewhat as text does.
struct Vocabulary {
    private let words: [[UInt8]]

    init(count: Int, seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let letters = Array("etaoinshrdlucmfwypvbgkqjxz".utf8)
        self.words = (0..<count).map { _ in
            (0..<Int.random(in: 2...9, using: &random)).map { _ in
                // The smaller of two: common letters come more often.
                letters[min(Int.random(in: letters.indices, using: &random), Int.random(in: letters.indices, using: &random))]
            }
        }
    }

    func fill(_ target: UnsafeMutableBufferPointer<UInt8>, using random: inout SeededGenerator) {
        var index = 0
        while index < target.count {
            for byte in self.words[Int(random.next() % UInt64(self.words.count))] where index < target.count {
                target[index] = byte
                index += 1
            }
            guard index < target.count else { return }
            target[index] = UInt8(ascii: " ")
            index += 1
        }
    }
}
