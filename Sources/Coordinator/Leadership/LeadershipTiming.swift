/// How leadership is won and kept. From protocol.md 3.2.
public struct LeadershipTiming: Hashable, Sendable {
    /// How often a candidate looks.
    public var poll = Duration.milliseconds(250)
    /// The other leader is taken for dead once its beat stood still this long, by the candidate's own clock.
    public var silence = Duration.seconds(5)
    /// Where the other leader's beat still changes after this long, the candidate gives up.
    public var patience = Duration.seconds(15)
    public var beat = Duration.seconds(1)

    public init() {}
}
