/// What a new connection gets where HELLO is usual.
public enum Greeting: String, Hashable, Codable, Sendable, CaseIterable {
    /// Op 7, and HELLO never. Discord does so while it restarts.
    case reconnectInstead = "reconnect-instead"
    /// Op 7, then HELLO.
    case reconnectBefore = "reconnect-before"
    /// Nothing at all: the connection stays open and silent.
    case silence
    /// Close 4000.
    case close
    /// A reset.
    case cut
}

/// How many connections are still to be greeted like that.
struct Greetings: Hashable, Sendable {
    var remaining = 0
    var greeting = Greeting.silence

    /// The greeting of a new connection; `nil`: HELLO.
    mutating func next() -> Greeting? {
        guard self.remaining > 0 else { return nil }
        self.remaining -= 1
        return self.greeting
    }
}
