import ClusterTestKit
import Testing

@testable import ClusterStore

@Suite("Reconnecting") struct ReconnectBackoffTests {
    @Test("delays grow, vary, and end at two seconds") func grows() {
        var random = SeededGenerator(seed: 1)
        var backoff = ReconnectBackoff()
        let delays = (0..<100).map { _ in backoff.failed(using: &random) }
        #expect(delays[0] >= .milliseconds(50) && delays[0] <= .milliseconds(100))
        #expect(delays.allSatisfy { $0 <= .seconds(2) })
        #expect(delays.suffix(50).allSatisfy { $0 >= .seconds(1) })
        #expect(Set(delays.suffix(50)).count > 40)
        backoff.succeeded()
        #expect(backoff.failed(using: &random) <= .milliseconds(100))
    }
}
