/// How the next answers of `GET /gateway/bot` fail.
struct APIFailures {
    enum Kind: String, CaseIterable {
        case serverError = "500"
        case rateLimited = "429"
        /// 200, with HTML.
        case html
        /// 200, with JSON that lacks everything.
        case empty
        /// No answer: the connection just ends.
        case drop
    }

    private var kind = Kind.serverError
    private(set) var remaining = 0

    mutating func fail(next count: Int, with kind: Kind) {
        self.kind = kind
        self.remaining = count
    }

    /// The failure of this request, `nil`: none.
    mutating func take() -> Kind? {
        guard self.remaining > 0 else { return nil }
        self.remaining -= 1
        return self.kind
    }
}
