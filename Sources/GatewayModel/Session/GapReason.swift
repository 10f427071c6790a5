/// Why events of a shard may be missing from here on. A gap is declared to the sink before any later event of that shard.
public enum GapReason: String, Hashable, Codable, Sendable, CaseIterable {
    /// RESUME was refused: op 9 `false`, 4007, 4009, or three that brought nothing. Or a fatal close code ended the run.
    case sessionLost
    /// After a RESUME the first replayed `s` was not the next one.
    case replayHole
    /// `s` jumped within a connection, and again after a RESUME.
    case sequenceJump
    /// The shard set of this stream was retired by a re-shard.
    case resharded
    /// The session was ended on purpose, and nothing takes its place: `ShardGroup.shutdown(.invalidate)`, or a re-shard that was given up.
    case invalidated
}
