/// How many commands may be open at once, and how long.
public enum CommandBounds {
    /// Of the whole cluster. At 4 kB each: 16 MB at the most.
    public static let total = 4096
    /// Of one shard: most of the 115 that Discord takes in a minute.
    public static let perShard = 100
    /// A caller's own limit.
    public static let limit: ClosedRange<Duration> = .seconds(1) ... .seconds(60)
    /// After a command's deadline, how long its worker's answer is waited for.
    public static let answerGrace = Duration.seconds(2)
    /// A lease that was said not to be held is not told another command for so long: the next report shows what became of it.
    static let pause = Duration.seconds(1)
}
