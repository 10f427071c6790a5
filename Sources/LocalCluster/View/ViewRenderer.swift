import ClusterModel
import GatewayModel

/// Turns a view model into the lines of a terminal: pure text, at most `width` cells wide and `height` lines long.
struct ViewRenderer: Sendable {
    var width: Int
    var height: Int
    /// Whether to colour. Without, letters tell a shard's state.
    var colour: Bool

    func render(_ model: ViewModel) -> [String] {
        var lines = [self.title(model), []]
        let tail = self.facts(model)
        // Workers get what the facts and at least one line of news leave.
        lines += self.workers(model, atMost: max(1, self.height - lines.count - tail.count - 2))
        lines += tail
        let room = self.height - lines.count - 1
        if room > 0, !model.news.isEmpty { lines += [[]] + model.news.suffix(room).map { [Span($0, .dim)] } }
        return lines.prefix(self.height).map { self.line($0) }
    }

    private enum Style: Sendable {
        case plain, bold, dim, good, busy, bad

        var code: String {
            switch self {
            case .plain: "0"
            case .bold: "1"
            case .dim: "2"
            case .good: "32"
            case .busy: "33"
            case .bad: "1;31"
            }
        }
    }

    private struct Span: Sendable {
        var text: String
        var style: Style
        init(_ text: String, _ style: Style = .plain) {
            self.text = text
            self.style = style
        }
    }

    private func line(_ spans: [Span]) -> String {
        var left = self.width
        var text = ""
        for span in spans where left > 0 {
            let shown = span.text.prefix(left)
            left -= shown.count
            text += self.colour && span.style != .plain ? "\u{1b}[\(span.style.code)m\(shown)\u{1b}[0m" : String(shown)
        }
        return text
    }

    private func title(_ model: ViewModel) -> [Span] {
        var time = ViewModel.clock(model.elapsed)
        if let limit = model.limit { time += " of \(ViewModel.clock(limit))" }
        let live = "\(model.live)/\(model.numShards.map(String.init) ?? "?")"
        return [
            Span("muster up", .bold), Span("  \(model.phase)  \(time)  "), Span("live \(live)", model.live == model.numShards ? .good : .busy),
            Span("  \(model.workers.count) workers"), Span(model.chaos ? "  chaos" : "", .bad), Span("  Ctrl-C drains", .dim),
        ]
    }

    private func workers(_ model: ViewModel, atMost room: Int) -> [[Span]] {
        guard let cluster = model.cluster else { return [[Span("waiting for the coordinator …", .dim)]] }
        var owned: [String: [ClusterStatus.ShardStatus]] = [:]
        for shard in cluster.shards { owned[shard.owner?.rawValue ?? "", default: []].append(shard) }
        let known = Dictionary(cluster.workers.map { ($0.stableID.rawValue, $0) }) { first, _ in first }
        let digits = String(cluster.shards.map(\.shard.rawValue).max() ?? 0).count
        let nameWidth = max(4, model.workers.map(\.count).max() ?? 0)
        var rows: [[Span]] = []
        for (index, name) in model.workers.enumerated() {
            let status = known[name]
            let rate = index < model.eventsPerSecondByWorker.count ? Int(model.eventsPerSecondByWorker[index].rounded()) : 0
            let shards = owned[name] ?? []
            var head = [
                Span(Self.pad(name, nameWidth), .bold), Span(status?.connected == true ? " ● " : " ○ ", status?.connected == true ? .good : .bad),
                Span("\(Self.pad(shards.count, 3)) shards \(Self.pad(rate, 5))/s  "),
            ]
            let used = head.reduce(0) { $0 + $1.text.count }
            let cells = self.cells(shards, digits: digits, width: max(1, self.width - used))
            head += cells.first ?? []
            rows.append(head)
            for more in cells.dropFirst() { rows.append([Span(String(repeating: " ", count: used))] + more) }
        }
        if let orphans = owned[""], !orphans.isEmpty {
            rows.append([Span(Self.pad("none", nameWidth), .dim), Span("   \(Self.pad(orphans.count, 3)) shards wait for a worker", .busy)])
        }
        guard rows.count > room else { return rows }
        return rows.prefix(max(0, room - 1)) + [[Span("… \(rows.count - room + 1) lines more; a higher window shows them", .dim)]]
    }

    /// One cell a shard, with its number where there is room for that.
    private func cells(_ shards: [ClusterStatus.ShardStatus], digits: Int, width: Int) -> [[Span]] {
        let numbered = shards.count * (digits + 2) <= width * 4
        let cellWidth = numbered ? digits + 2 : 1
        let perLine = max(1, width / cellWidth)
        var lines: [[Span]] = []
        for (index, shard) in shards.enumerated() {
            if index % perLine == 0 { lines.append([]) }
            let (letter, style) = Self.look(of: shard.phase)
            lines[lines.count - 1].append(Span(numbered ? letter + Self.pad("\(shard.shard)", digits + 1) : letter, style))
        }
        return lines
    }

    private static func look(of phase: ShardPhase?) -> (String, Style) {
        switch phase {
        case .live: ("●", .good)
        case .resuming: ("↻", .busy)
        case .identifying: ("◆", .busy)
        case .awaitingPermit: ("…", .busy)
        case .dialing: ("◌", .busy)
        case .waiting: ("○", .dim)
        case .stopping: ("■", .dim)
        case .failed: ("✗", .bad)
        case nil: ("·", .dim)
        }
    }

    private func facts(_ model: ViewModel) -> [[Span]] {
        let counts = model.delivery.counts
        var lines: [[Span]] = [[]]
        var identify: [Span] = [Span("identify  ", .dim)]
        if let queue = model.cluster?.identify.queue, let first = queue.map(\.etaSeconds).min(), let last = queue.map(\.etaSeconds).max() {
            identify.append(Span("\(queue.count) wait, next in \(ViewModel.eta(first)), all in \(ViewModel.eta(last))", .busy))
        } else {
            identify.append(Span("nobody waits"))
        }
        if let blocked = model.cluster?.identify.blocked { identify.append(Span("  blocked: \(blocked)", .bad)) }
        if let budget = model.cluster?.budget, let available = budget.available { identify.append(Span("  budget left \(available)")) }
        lines.append(identify)
        lines.append([
            Span("sessions  ", .dim), Span("resumed \(model.resumed)  identified \(model.identified)"),
        ])
        lines.append([
            Span("events    ", .dim), Span("\(Int(model.eventsPerSecond.rounded()))/s  due \(counts.due)  accepted \(counts.accepted)  "),
            Span("lost \(counts.lost)", counts.lost == 0 ? .good : .bad), Span("  "),
            Span("repeated \(counts.repeated)", counts.repeated == 0 ? .good : .bad), Span("  replayed \(counts.replayed)"),
            Span(counts.declared > 0 ? "  declared \(counts.declared)" : ""),
        ])
        var limits = [
            Span("limits    ", .dim), Span("violations \(model.violations)", model.violations == 0 ? .good : .bad),
        ]
        if model.chaos || model.kills > 0 {
            limits.append(Span("  kills \(model.kills)"))
            if let last = model.lastRecovery { limits.append(Span("  last kill to all live \(Summary.seconds(last))")) }
        }
        lines.append(limits)
        for problem in self.problems(model) { lines.append([Span(problem, .bad)]) }
        return lines
    }

    private func problems(_ model: ViewModel) -> [String] {
        var problems: [String] = []
        if let stopped = model.cluster?.stopped { problems.append("application stopped: \(stopped)") }
        if let problem = model.cluster?.shardSet?.problem { problems.append(problem) }
        if let store = model.cluster?.store, !store.available { problems.append("store: \(store.problem ?? "away")") }
        if let problem = model.cluster?.gateway.problem { problems.append("GET /gateway/bot: \(problem)") }
        if let problem = model.delivery.problem { problems.append("checker: \(problem)") }
        return problems
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    private static func pad(_ number: Int, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: " ", count: max(0, width - text.count)) + text
    }
}
