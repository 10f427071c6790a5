import GatewayModel
import NIOCore
import SimulatedGateway

extension SimulatorCore {
    /// `POST /_sim/NAME?…`.
    func command(_ name: String, _ query: HTTPQuery) throws(BadRequest) -> HTTPReply {
        let target = try Self.target(query)
        var known = ["shard", "shards", "session"]
        let action: () -> Void
        switch name {
        case "reconnect": action = { self.inject(.reconnect(target)) }
        case "invalidate":
            known.append("resumable")
            let resumable: Bool = try query.number("resumable") ?? false
            action = { self.inject(.invalidate(target, resumable: resumable)) }
        case "close":
            known.append("code")
            guard let code = try Self.closeCode(query) else { throw BadRequest(message: "code is missing: a close code") }
            action = { self.inject(.close(target, code: code)) }
        case "cut":
            known.append("how")
            let how: TransportCut = try query.choice("how") ?? .reset
            action = { self.inject(.cut(target, how)) }
        case "stall", "zombie":
            known.append("ms")
            let length = Duration.milliseconds(try query.number("ms", as: Int64.self) ?? 60_000)
            action = { self.inject(name == "stall" ? .stall(target, length) : .withholdACKs(target, length)) }
        case "beat": action = { self.inject(.requestHeartbeat(target)) }
        case "forget": action = { self.inject(.forget(target)) }
        case "garble":
            known.append("kind")
            guard let garbage: Garbage = try query.choice("kind") else { throw BadRequest(message: "kind is missing") }
            action = { self.garble(target, with: garbage) }
        default:
            return try self.untargetedCommand(name, query)
        }
        if let unknown = query.unknownName(besides: known) { throw BadRequest(message: "unknown parameter \(unknown)") }
        action()
        return .json("{\"ok\":true}")
    }

    private func untargetedCommand(_ name: String, _ query: HTTPQuery) throws(BadRequest) -> HTTPReply {
        let known: [String]
        let action: () -> Void
        var ready: EventLoopFuture<Void>?
        switch name {
        case "kill-token":
            known = []
            action = { self.inject(.killToken) }
        case "burst":
            known = ["count", "ms", "guild", "padding"]
            guard let count: Int = try query.number("count"), (1...1_000_000).contains(count) else {
                throw BadRequest(message: "count is missing: 1 to 1000000")
            }
            let length = Duration.milliseconds(try query.number("ms", as: Int64.self) ?? 0)
            let guild: UInt64? = try query.number("guild")
            let padding: UInt32 = try query.number("padding") ?? 0
            guard padding <= 16 << 20 else { throw BadRequest(message: "padding is at most 16777216") }
            action = { self.startBurst(count: count, over: length, guild: guild, padding: padding) }
        case "publish":
            known = ["type", "guild", "padding"]
            guard let type = query["type"].flatMap(SimulatedEventType.init(name:)), type != .ready, type != .resumed else {
                throw BadRequest(message: "type is missing: one of \(SimulatedEventType.allCases.dropFirst(2).map(\.name).joined(separator: ", "))")
            }
            let guild: UInt64 = try query.number("guild") ?? 0
            let padding: UInt32 = try query.number("padding") ?? 0
            guard padding <= 16 << 20 else { throw BadRequest(message: "padding is at most 16777216") }
            action = { self.publish(EventDraft(type: type, guild: guild, padding: padding)) }
        case "rate":
            known = ["events_per_second"]
            guard let rate: Double = try query.number("events_per_second"), (0...1_000_000).contains(rate) else {
                throw BadRequest(message: "events_per_second is missing: 0 to 1000000")
            }
            action = { self.generator.eventsPerSecond = rate }
        case "greet":
            known = ["kind", "count"]
            guard let greeting: Greeting = try query.choice("kind") else {
                throw BadRequest(message: "kind is missing: one of \(Greeting.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            let count: Int = try query.number("count") ?? 1
            action = { self.inject(.greet(next: count, greeting)) }
        case "refuse":
            known = ["what", "kind", "code", "count"]
            let (isIdentify, refusal) = try Self.refusal(query)
            let count: Int = try query.number("count") ?? 1
            action = { self.inject(isIdentify ? .refuseIdentify(next: count, refusal) : .refuseResume(next: count, refusal)) }
        case "end-early":
            known = ["payloads", "code", "how", "count"]
            guard let payloads: Int = try query.number("payloads"), payloads >= 0 else { throw BadRequest(message: "payloads is missing: at least 0") }
            let how: TransportCut = try query.choice("how") ?? .reset
            let end = try Self.closeCode(query).map(EarlyEnd.close) ?? .cut(how)
            let count: Int = try query.number("count") ?? 1
            action = { self.inject(.endEarly(next: count, payloads: payloads, end)) }
        case "resume-url":
            known = ["host", "dead"]
            let isDead: Bool? = try query.number("dead")
            guard let host: ResumeHost = try query.choice("host") ?? isDead.map({ $0 ? .ends : .open }) else {
                throw BadRequest(message: "host is missing: one of \(ResumeHost.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            action = { ready = self.setResumeHost(host) }
        case "fail-api":
            known = ["kind", "count"]
            let kind: APIFailures.Kind = try query.choice("kind") ?? .serverError
            let count: Int = try query.number("count") ?? 1
            action = { self.apiFailures.fail(next: count, with: kind) }
        case "rules":
            known = [
                "max_concurrency", "shards", "identify_total", "identifies_spent", "max_guilds_per_shard", "shard_multiple", "allowed_intents",
                "resume_while_attached",
            ]
            let change = try Self.rules(query)
            let spent: Int? = try query.number("identifies_spent")
            action = {
                self.inject(.configure(change))
                if let spent { self.inject(.setIdentifiesSpent(spent)) }
            }
        default:
            throw BadRequest(
                message: "no such thing to POST: reconnect, invalidate, close, cut, stall, zombie, beat, forget, garble, kill-token, burst, publish, "
                    + "rate, fail-api, greet, refuse, end-early, resume-url, rules")
        }
        if let unknown = query.unknownName(besides: known) { throw BadRequest(message: "unknown parameter \(unknown)") }
        action()
        var reply = HTTPReply.json("{\"ok\":true,\"last_event\":\(self.machine.counts.events)}")
        reply.ready = ready
        return reply
    }

    /// `nil`: the query has none.
    private static func closeCode(_ query: HTTPQuery) throws(BadRequest) -> UInt16? {
        guard let code: UInt16 = try query.number("code") else { return nil }
        guard (1000...4999).contains(code), code != 1005, code != 1006 else { throw BadRequest(message: "\(code) is no code for a close frame") }
        return code
    }

    private static func refusal(_ query: HTTPQuery) throws(BadRequest) -> (isIdentify: Bool, Refusal) {
        guard let what = query["what"], what == "identify" || what == "resume" else { throw BadRequest(message: "what is missing: identify or resume") }
        let refusal: Refusal
        switch query["kind"] {
        case "invalid-session": refusal = .invalidSession(resumable: false)
        case "resumable": refusal = .invalidSession(resumable: true)
        case "reconnect": refusal = .reconnect
        case "silence": refusal = .silence
        case "close":
            guard let code = try Self.closeCode(query) else { throw BadRequest(message: "code is missing: a close code") }
            refusal = .close(code: code)
        default: throw BadRequest(message: "kind is missing: invalid-session, resumable, close, reconnect or silence")
        }
        return (what == "identify", refusal)
    }

    private static func target(_ query: HTTPQuery) throws(BadRequest) -> Target {
        if let id = query["session"] { return .session(id: id) }
        if let shard: Int = try query.number("shard") { return .shard(shard, numShards: try query.number("shards")) }
        return .all
    }

    private static func rules(_ query: HTTPQuery) throws(BadRequest) -> ConfigurationChange {
        var change = ConfigurationChange()
        change.maxConcurrency = try query.number("max_concurrency")
        change.recommendedShards = try query.number("shards")
        change.identifyLimitTotal = try query.number("identify_total")
        change.maxGuildsPerShard = try query.number("max_guilds_per_shard")
        change.shardMultiple = try query.number("shard_multiple")
        change.allowedIntents = try query.number("allowed_intents")
        change.resumeWhileAttached = try query.choice("resume_while_attached")
        return change
    }
}
