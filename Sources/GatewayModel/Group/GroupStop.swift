/// How a group ends one of its shards.
package enum GroupStop: Hashable, Sendable {
    /// Resumably, by `StopMode.handOff`.
    case handOff
    /// For good, by a close with 1000 and a gap of this reason.
    case retire(GapReason)
}
