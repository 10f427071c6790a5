import GatewayModel
import Synchronization

/// Collects what happens elsewhere, and lets a test wait until it has seen enough.
final class Recorder<Element: Sendable>: Sendable {
    private let elements = Mutex<[Element]>([])

    var all: [Element] { self.elements.withLock { $0 } }

    func record(_ element: Element) {
        self.elements.withLock { $0.append(element) }
    }

    struct NotSeen: Error, CustomStringConvertible {
        var description: String
    }

    /// - Returns: everything up to now, once `enough` holds for it.
    @discardableResult
    func wait(_ what: String, within limit: Duration = .seconds(20), until enough: ([Element]) -> Bool) async throws -> [Element] {
        let end = BootClock.now + limit
        while BootClock.now < end {
            let all = self.all
            if enough(all) { return all }
            try await Task.sleep(for: .milliseconds(5))
        }
        throw NotSeen(description: "not within \(limit): \(what); seen: \(self.all)")
    }
}
