import Testing

@testable import muster_bench

@Suite("The mix of sizes") struct SizeMixTests {
    @Test("has each class in its share, and every size within its class") func shares() {
        #expect(abs(SizeMix.classes.map(\.share).reduce(0, +) - 1) < 1e-9)
        let sizes = SizeMix.sizes(1000)
        #expect(sizes.count == 1000)
        for entry in SizeMix.classes {
            let own = sizes.filter { $0.type == entry.type }
            #expect(own.count == Int((entry.share * 1000).rounded()))
            #expect(own.allSatisfy { entry.bytes.contains(Double($0.bytes + 1)) || entry.bytes.contains(Double($0.bytes)) })
            #expect(own.map(\.bytes) == own.map(\.bytes).sorted())
        }
    }
}
