/// `GET /gateway/bot`: where to connect, with how many shards, and what is left of the day's session starts.
public struct GatewayBot: Hashable, Sendable {
    /// Base WSS URL, without query.
    public var url: String
    /// Recommended `num_shards`, at least 1.
    public var shards: Int
    /// Session starts allowed per window.
    public var total: Int
    /// Session starts left, in `0...total`.
    public var remaining: Int
    /// Milliseconds to the reset of the window.
    public var resetAfterMilliseconds: Int
    /// IDENTIFYs per 5 s, and the modulus of the rate-limit key; at least 1.
    public var maxConcurrency: Int

    /// For tests, and for servers without that route.
    public init(url: String, shards: Int, total: Int, remaining: Int, resetAfterMilliseconds: Int, maxConcurrency: Int) {
        self.url = url
        self.shards = shards
        self.total = total
        self.remaining = remaining
        self.resetAfterMilliseconds = resetAfterMilliseconds
        self.maxConcurrency = maxConcurrency
    }
}

/// Why `GET /gateway/bot` gave nothing.
public enum GatewayBotError: Error, Hashable, Sendable {
    /// 401: the token is dead. Do not retry: it counts as an invalid request.
    case unauthorized
    /// Anything else; retry with backoff.
    case temporary(String)
}
