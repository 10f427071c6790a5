/// What Discord says is left of the day's session starts. Source: Discord docs, Gateway › Session Start Limit.
package struct SessionStartLimit: Hashable, Sendable {
    /// Starts allowed per window.
    package var total: Int
    /// Starts left, in `0...total`.
    package var remaining: Int
    /// Milliseconds to the end of the window; 0 where none has begun.
    package var resetAfterMilliseconds: Int

    package init(total: Int, remaining: Int, resetAfterMilliseconds: Int) {
        self.total = total
        self.remaining = remaining
        self.resetAfterMilliseconds = resetAfterMilliseconds
    }
}
