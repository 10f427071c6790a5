import ClusterModel

/// A machine that a worker runs on, with its supervisor.
struct Host {
    var stableID: StableID
    /// The process that runs now.
    var process: Int?
    /// No process of it comes back.
    var isGone = false
    /// The next process dies right after its hello, which is under way for long.
    var diesGreeting = false
    /// Control messages of this direction stand still.
    var cutUp = false
    var cutDown = false
    /// Everything to and from Discord stands still.
    var cutGateway = false
}
