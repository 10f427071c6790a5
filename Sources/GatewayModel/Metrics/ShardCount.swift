/// One thing to count, of one shard.
package enum ShardCount: Hashable, Sendable {
    /// So many more shards in this phase, or fewer.
    case shards(ShardPhase, change: Int)
    /// A WebSocket was opened.
    case connection
    /// A dial came to nothing.
    case dialFailure(DialFailure)
    /// A connection ended. `code` is that of the server's close frame.
    case disconnect(CloseDisposition, code: UInt16?, DisconnectCause)
    case identify(IdentifyOutcome)
    case resume(ResumeOutcome)
    case dispatches(Int)
    /// `type` is `nil` for those that Discord does not document.
    case pruned(type: EventType?, Int)
    case gap(GapReason)
    case anomaly(Anomaly)
    case roundTrip(Duration)
    case command(CommandOutcome)
    case memberRequest(CommandOutcome)
}

extension ShardCount {
    /// Where it is counted.
    package var series: MetricSeries {
        switch self {
        case .shards(let phase, _): MetricSeries(.shards, phase.rawValue.snakeCased)
        case .connection: MetricSeries(.connections)
        case .dialFailure(let failure): MetricSeries(.dialFailures, failure.rawValue)
        case .disconnect(let disposition, let code, let cause):
            MetricSeries(.disconnects, disposition.rawValue.snakeCased, Self.label(ofCode: code), cause.rawValue.snakeCased)
        case .identify(let outcome): MetricSeries(.identifies, outcome.rawValue.snakeCased)
        case .resume(let outcome): MetricSeries(.resumes, outcome.rawValue.snakeCased)
        case .dispatches: MetricSeries(.dispatches)
        case .pruned(let type, _): MetricSeries(.pruned, type?.rawValue ?? Self.other)
        case .gap(let reason): MetricSeries(.gaps, reason.rawValue.snakeCased)
        case .anomaly(let anomaly): MetricSeries(.anomalies, anomaly.rawValue.snakeCased)
        case .roundTrip: MetricSeries(.heartbeatRoundTrip)
        case .command(let outcome): MetricSeries(.commands, outcome.rawValue.snakeCased)
        case .memberRequest(let outcome): MetricSeries(.memberRequests, outcome.rawValue.snakeCased)
        }
    }

    /// By how much; of a time, its nanoseconds.
    package var amount: Int64 {
        switch self {
        case .shards(_, let change): Int64(change)
        case .dispatches(let count), .pruned(_, let count): Int64(count)
        case .roundTrip(let time): time.inNanoseconds
        case .connection, .dialFailure, .disconnect, .identify, .resume, .gap, .anomaly, .command, .memberRequest: 1
        }
    }

    /// Every series that there can be, so that each begins at zero: of one that begins at 1, nobody sees the first.
    package static let allSeries: [MetricSeries] = {
        var counts: [ShardCount] = [.connection, .dispatches(0), .roundTrip(.zero)]
        counts += ShardPhase.allCases.map { .shards($0, change: 0) }
        counts += DialFailure.allCases.map { .dialFailure($0) }
        // A bare TCP end; then what we end ourselves, where it depends on whether there is a session. What follows a code is in the table, or what its holder
        // makes of it.
        counts.append(.disconnect(.after(code: nil), code: nil, .closed))
        for cause in DisconnectCause.allCases where cause != .closed {
            counts += [.disconnect(.resume, code: nil, cause), .disconnect(.identify, code: nil, cause)]
        }
        counts += (Self.knownCodes + [Self.unknownCode]).flatMap { code in
            CloseDisposition.allCases.filter { $0 == .after(code: code) || $0.refusal(for: code) == nil }.map { .disconnect($0, code: code, .closed) }
        }
        counts += IdentifyOutcome.allCases.map { .identify($0) }
        counts += ResumeOutcome.allCases.map { .resume($0) }
        counts += EventType.all.map { .pruned(type: $0, 0) } + [.pruned(type: nil, 0)]
        counts += GapReason.allCases.map { .gap($0) }
        counts += Anomaly.allCases.map { .anomaly($0) }
        counts += CommandOutcome.ofCommands.map { .command($0) }
        counts += CommandOutcome.ofMemberRequests.map { .memberRequest($0) }
        return counts.map(\.series)
    }()

    private static let other = "other"
    /// Of a private range, so it is none of Discord's.
    private static let unknownCode: UInt16 = 3999
    private static let knownCodes: [UInt16] = (UInt16(1000)...4999).filter { GatewayCloseCode(rawValue: $0).name != nil }

    /// A server may send any number; only those with a name are told apart.
    private static func label(ofCode code: UInt16?) -> String {
        guard let code else { return "none" }
        return GatewayCloseCode(rawValue: code).name == nil ? Self.other : String(code)
    }
}

extension String {
    /// `sessionLost` as `session_lost`: label values are written as metric names are.
    fileprivate var snakeCased: String {
        self.reduce(into: "") { $0 += $1.isUppercase ? "_" + $1.lowercased() : String($1) }
    }
}
