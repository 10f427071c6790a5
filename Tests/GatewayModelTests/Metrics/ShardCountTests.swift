import GatewayModel
import Testing

@Suite("Series of metrics") struct ShardCountTests {
    @Test("are different from each other, few, and named as their metric says") func series() {
        let all = ShardCount.allSeries
        #expect(Set(all).count == all.count)
        #expect(Set(all.map(\.metric)) == Set(GatewayMetric.allCases))
        #expect(all.filter { $0.metric != .pruned }.count < 140)
        for series in all {
            #expect(series.values.count == series.metric.labels.count)
            #expect(series.metric == .pruned || series.values.allSatisfy { $0.contains(/^[a-z0-9_]+$/) }, "\(series)")
        }
    }

    @Test("have a name that says unit and kind") func names() {
        for metric in GatewayMetric.allCases {
            #expect(metric.rawValue.hasPrefix("muster_gateway_"))
            switch metric.kind {
            case .counter: #expect(metric.rawValue.hasSuffix("_total"))
            case .timer: #expect(metric.rawValue.hasSuffix("_seconds"))
            case .gauge: #expect(!metric.rawValue.hasSuffix("_total"))
            }
        }
    }

    @Test(
        "of a close code: by number where it has a name, else together",
        arguments: [
            (nil, "resume", "none"), (4009, "identify", "4009"), (4011, "stop_shard_set", "4011"), (4004, "stop_application", "4004"), (1000, "resume", "1000"),
            (3999, "resume", "other"), (4998, "resume", "other"), (0, "resume", "other"), (65535, "resume", "other"),
        ] as [(UInt16?, String, String)])
    func codes(code: UInt16?, disposition: String, label: String) {
        let series = ShardCount.disconnect(.after(code: code), code: code, .closed).series
        #expect(series.dimensions.map(\.0) == ["disposition", "code", "reason"])
        #expect(series.values == [disposition, label, "closed"])
        #expect(ShardCount.allSeries.contains(series))
    }

    @Test(
        "of a command's end: each error has its own",
        arguments: [
            (.invalid(OperatorMistake(what: "", why: "", fix: "")), "invalid"), (.notConnected, "not_connected"),
            (.rateLimited(retryAfter: .seconds(1)), "rate_limited"),
            (.tooLarge(bytes: 1, limit: 1), "too_large"), (.queueFull(limit: 1), "queue_full"), (.cancelled, "cancelled"),
            (.timedOut(received: 0, of: nil), "timed_out"),
            (.nonceInUse(""), "nonce_in_use"), (.answerTooLarge(what: "", limit: 1), "answer_too_large"), (.badAnswer(""), "bad_answer"),
        ] as [(CommandError, String)])
    func commands(error: CommandError, label: String) {
        let series = ShardCount.memberRequest(CommandOutcome(error)).series
        #expect(series.values == [label])
        #expect(ShardCount.allSeries.contains(series))
    }

    @Test("count by one, by many, or in nanoseconds") func amounts() {
        #expect(ShardCount.connection.amount == 1)
        #expect(ShardCount.dispatches(12).amount == 12)
        #expect(ShardCount.pruned(type: nil, 3).amount == 3)
        #expect(ShardCount.shards(.live, change: -1).amount == -1)
        #expect(ShardCount.roundTrip(.milliseconds(2)).amount == 2_000_000)
    }
}
