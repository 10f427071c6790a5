import ClusterModel
import GatewayModel

/// A cluster's status as text for a terminal: a summary, then workers, shards and the identify queue as tables.
struct StatusReport {
    let status: ClusterStatus

    var text: String {
        [self.summary, self.workers, self.shards, self.queue].filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
    }

    private var summary: String {
        var rows = [["application", "\(self.status.application)"]]
        if let stopped = self.status.stopped { rows.append(["STOPPED", stopped]) }
        if let set = self.status.shardSet {
            rows.append(["shards", "\(set.live) of \(set.numShards) live, generation \(set.generation)"])
            if let problem = set.problem { rows.append(["", problem]) }
        } else {
            rows.append(["shards", "no shard set yet"])
        }
        rows.append(["coordinator", "epoch \(self.status.coordinatorEpoch), isolation \(self.status.isolation.rawValue)"])
        let store = self.status.store
        var storeText = store.available ? "available" : "UNAVAILABLE"
        if let problem = store.problem { storeText += ": \(problem)" }
        if store.openCommits > 0 || store.unwrittenSessions > 0 {
            storeText += " (\(store.openCommits) transactions open, \(store.unwrittenSessions) sessions unwritten)"
        }
        rows.append(["store", storeText])
        if let info = self.status.gateway.info {
            rows.append(["gateway", "\(info.url), max_concurrency \(info.maxConcurrency), \(info.shards) shards recommended"])
        }
        if let problem = self.status.gateway.problem { rows.append(["gateway", "PROBLEM: \(problem)"]) }
        rows.append(["budget", self.budget])
        let counters = self.status.counters
        if let presence = self.status.presence {
            let unstored = presence.unstored > 0 ? "; \(presence.unstored) more to store" : ""
            rows.append([
                "presence", "revision \(presence.revision), shown by \(presence.showing) of \(self.status.shardSet?.live ?? 0) live shards\(unstored)",
            ])
        }
        if self.status.commands.open + counters.commandsSent + counters.commandsFailed > 0 {
            rows.append(["commands", "\(self.status.commands.open) open, \(counters.commandsSent) sent, \(counters.commandsFailed) failed"])
        }
        rows.append([
            "since start",
            "\(counters.resumed) resumed, \(counters.identified) identified, \(counters.permitsGranted) permits, \(counters.sessionsLost) sessions lost, "
                + "\(counters.workersLost) workers lost",
        ])
        return TextTable.text(rows)
    }

    private var budget: String {
        let budget = self.status.budget
        var text =
            if let available = budget.available, let total = budget.total {
                "\(available) of \(total) session starts above the floor of \(budget.floor), \(budget.usedInWindow) used"
            } else {
                "unknown until Discord answers"
            }
        if let open = budget.floorOpenSeconds { text += "; an operator opened the floor for \(Self.seconds(open)) more" }
        return text
    }

    private var workers: String {
        guard !self.status.workers.isEmpty else { return "no workers" }
        let rows = self.status.workers.map { worker in
            [
                "\(worker.stableID)", worker.connected ? "connected" : "AWAY", "\(worker.shards)/\(worker.capacity)", Self.seconds(worker.leaseSecondsLeft),
                String(Int(worker.eventsPerSecond.rounded())),
            ]
        }
        return TextTable.text([["WORKER", "STATE", "SHARDS", "LEASE", "EVENTS/S"]] + rows)
    }

    private var shards: String {
        guard !self.status.shards.isEmpty else { return "" }
        let rows = self.status.shards.map { shard in
            [
                "\(shard.shard)", shard.owner?.rawValue ?? "-", shard.phase?.rawValue ?? "unassigned", "\(shard.epoch)",
                shard.session.map { "\($0.sequence)" } ?? "-",
                shard.problem ?? "",
            ]
        }
        return TextTable.text([["SHARD", "WORKER", "PHASE", "EPOCH", "SEQUENCE", ""]] + rows)
    }

    private var queue: String {
        let identify = self.status.identify
        var parts: [String] = []
        if let blocked = identify.blocked { parts.append("no IDENTIFY at present: \(blocked)") }
        if !identify.queue.isEmpty {
            let rows = identify.queue.map { ["\($0.shard)", "\($0.rateLimitKey)", Self.seconds($0.etaSeconds)] }
            parts.append(TextTable.text([["WAITING", "KEY", "ETA"]] + rows))
        }
        return parts.joined(separator: "\n")
    }

    private static func seconds(_ seconds: Double) -> String {
        "\((seconds * 10).rounded() / 10) s"
    }
}
