/// How one RESUME ended.
package enum ResumeOutcome: String, Hashable, Sendable, CaseIterable {
    /// RESUMED came.
    case resumed
    /// Discord refused it, or it was the third that brought nothing: the session is gone.
    case sessionLost
    /// The connection ended first, or we ended it. The session is kept.
    case interrupted
}
