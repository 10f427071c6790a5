/// Named states that a full run must reach: where one is never seen, the faults have become too tame to prove anything.
enum Rare: Int, CaseIterable {
    case takeoverWithOpenPermit, grantExpiredInFlight, outcomeUnknown, commitUnknownWritten, commitUnknownLost, commitFailed, deposedCommit
    case leaseExpired, workerFencedItself, watchdogFired, newIncarnationAfterFence, staleEpochRefusedAtSink, certificateByRestart, goodbyeTaken
    case lateHelloOfUnknown
    case replayHole, sessionRefused, resumeWhileAttached, resumedElsewhere, resumedInPlace, sessionLostBeforeStored, sequenceRepeated
    case offerDeclined, identifyRefused, breakerOpened, budgetBlocked, permitNotSent
    case workerHeldWithoutCoordinator, coordinatorRestartedWithLiveShards, hostLostSilently, halfOpenControl
    case oneWayControl, frozenPastLease, sinkBehindAtStop, backpressure, zombieConnection, concurrencyChanged, resharded, storeAwayWithLiveShards
    case applicationStopped, shardSetStopped
    case commandSent, commandExpired, commandUnknown, commandFollowedItsShard, presenceCarriedOver, presenceShownLive
}

struct RareCounts {
    private(set) var counts = [Int](repeating: 0, count: Rare.allCases.count)

    mutating func saw(_ rare: Rare) { self.counts[rare.rawValue] += 1 }

    subscript(rare: Rare) -> Int { self.counts[rare.rawValue] }

    mutating func add(_ other: RareCounts) {
        for index in self.counts.indices { self.counts[index] += other.counts[index] }
    }
}
