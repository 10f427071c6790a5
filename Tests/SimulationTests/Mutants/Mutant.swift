import ClusterModel

/// A deliberate weakening of a machine or of what connects two of them. Each must be caught, else the properties prove nothing.
enum Mutant: String, CaseIterable {
    /// TC = TW: the coordinator frees shards when the worker's own lease ends.
    case coordinatorLeaseEqualsWorkerLease
    /// The worker counts its lease from the receipt of the ack.
    case leaseFromAckReceipt
    /// What depends on a commit is told before it.
    case toldBeforeCommit
    /// The worker reports the received sequence as accepted.
    case receivedReportedAsAccepted
    /// The heartbeat carries the received sequence.
    case heartbeatCarriesReceived
    /// An unknown outcome frees the key after 5 s.
    case unknownOutcomeAfterFiveSeconds
    /// 4 s between proven identifies of one key.
    case identifySpacingFourSeconds
    /// A permit may be used for a minute.
    case permitValidForAMinute
    /// The worker hears what still arrives on a stream that it has left, and takes assignments meant for another incarnation.
    case oldStreamHeard
    /// An unknown outcome is reported as READY.
    case unknownReportedAsReady
    /// The restarted coordinator does not know which permits are open.
    case openPermitsForgottenAtRestart
    /// The store takes writes of a coordinator that was replaced.
    case coordinatorEpochNotGuarded
    /// The worker closes with 1001 where it hands off.
    case goingAwayOnStop
    /// The sink says "accepted" before it has written.
    case acceptedBeforeWritten
    /// A lost control stream is taken for the worker's death.
    case resetIsDeath
    /// A hello alone takes the shards of whoever was known under the stable id before.
    case helloIsDeath
    /// Gap markers are dropped.
    case gapsNotDeclared
    /// `/gateway/bot` is believed to leave the whole window, and what was used is forgotten.
    case budgetForgotten
    /// The coordinator epoch does not rise at takeover.
    case coordinatorEpochStays
    /// The watchdog never ends an overdue process.
    case watchdogAsleep
    /// The outcome of one permit is taken for another one's.
    case outcomeOfAnotherPermit
    /// The worker says of a command that was sent that it was not.
    case sentReportedAsNotSent
    /// The worker says that a presence is shown, and never writes it.
    case presenceNeverWritten
}

extension Mutant {
    /// What a seed needs for the weakening to show.
    var troubles: [Trouble] {
        switch self {
        case .coordinatorLeaseEqualsWorkerLease, .watchdogAsleep: [.workerFrozen]
        case .leaseFromAckReceipt: [.controlSlow, .controlCut, .controlOneWay]
        case .toldBeforeCommit: [.storeFails, .storeSlow]
        case .receivedReportedAsAccepted, .acceptedBeforeWritten: [.workerKilled, .sinkSlow]
        case .heartbeatCarriesReceived: [.sinkSlow]
        case .unknownOutcomeAfterFiveSeconds, .unknownReportedAsReady, .outcomeOfAnotherPermit:
            [.gatewaySlow, .gatewayReset, .invalidSessionFinal, .gatewayCut]
        case .identifySpacingFourSeconds: []
        case .permitValidForAMinute: [.controlSlow, .invalidSessionFinal, .coordinatorFrozen]
        case .oldStreamHeard: [.controlCut, .controlSlow, .controlOneWay]
        case .openPermitsForgottenAtRestart: [.coordinatorKilled, .invalidSessionFinal, .gatewaySlow]
        case .coordinatorEpochNotGuarded: [.coordinatorKilled, .storeSlow]
        case .goingAwayOnStop: [.workerTerminated, .workerJoins]
        case .resetIsDeath: [.controlReset]
        case .helloIsDeath: [.workerDiesGreeting]
        case .gapsNotDeclared: [.invalidSessionFinal]
        case .budgetForgotten: [.invalidSessionFinal, .strangerIdentifies]
        case .coordinatorEpochStays: [.coordinatorKilled]
        case .sentReportedAsNotSent, .presenceNeverWritten: []
        }
    }

    /// `nil`: either.
    var isolation: Isolation? {
        switch self {
        case .coordinatorLeaseEqualsWorkerLease, .watchdogAsleep, .leaseFromAckReceipt, .resetIsDeath: .fence
        default: nil
        }
    }

    /// The properties that may catch it: anything else would be chance.
    var breaks: [Property] {
        switch self {
        case .coordinatorLeaseEqualsWorkerLease, .watchdogAsleep, .leaseFromAckReceipt, .resetIsDeath: [.s1, .s1Prime, .s2, .s17]
        case .toldBeforeCommit: [.s3, .s6]
        case .receivedReportedAsAccepted, .acceptedBeforeWritten: [.s9, .s10, .s13]
        case .heartbeatCarriesReceived: [.s13]
        case .unknownOutcomeAfterFiveSeconds, .unknownReportedAsReady, .outcomeOfAnotherPermit, .identifySpacingFourSeconds, .openPermitsForgottenAtRestart:
            [.s5]
        case .permitValidForAMinute: [.s5, .s6]
        case .oldStreamHeard: [.s1, .s2, .s3, .s17]
        case .helloIsDeath: [.s1, .s17]
        case .coordinatorEpochNotGuarded: [.s4]
        case .goingAwayOnStop: [.s14]
        case .gapsNotDeclared: [.s10]
        case .budgetForgotten: [.s7]
        case .coordinatorEpochStays: [.s4]
        case .sentReportedAsNotSent: [.c1, .c2]
        case .presenceNeverWritten: [.p1]
        }
    }
}
