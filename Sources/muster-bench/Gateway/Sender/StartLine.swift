/// Holds connections back until all of one run are there. One run follows another. Lives on one event loop.
final class StartLine {
    private let connections: Int
    private var waiting: [SenderHandler] = []

    init(connections: Int) {
        self.connections = connections
    }

    func arrived(_ handler: SenderHandler) {
        self.waiting.append(handler)
        guard self.waiting.count == self.connections else { return }
        let all = self.waiting
        self.waiting = []
        for handler in all { handler.start() }
    }

    func left(_ handler: SenderHandler) {
        self.waiting.removeAll { $0 === handler }
    }
}
