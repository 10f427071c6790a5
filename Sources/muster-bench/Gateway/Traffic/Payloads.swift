import ClusterTestKit
import GatewayModel

/// The payloads of one connection, in their order: HELLO, READY, events.
struct Payloads {
    private let plan: TrafficPlan
    private let vocabulary: Vocabulary
    private let templates: [Template]
    private let marker: Template
    private var random = SeededGenerator(seed: 7)
    private var next = 0

    init(_ plan: TrafficPlan) {
        self.plan = plan
        self.vocabulary = Vocabulary(count: plan.shape == .uniqueText ? 20_000 : 2000, seed: 3)
        func template(_ type: String, _ data: Term) -> Template { Self.template(plan, type: .name(type), sequence: .hole(.sequence), op: 0, data: data) }
        self.marker = template("MESSAGE_DELETE", EventData.message(textBytes: 96))
        switch plan.shape {
        case .message: self.templates = [template("MESSAGE_CREATE", EventData.message(textBytes: 96))]
        case .uniqueText: self.templates = [template("MESSAGE_CREATE", EventData.shortMessage(textBytes: 640))]
        case .mix: self.templates = SizeMix.sizes(256).map { template($0.type, EventData.ofSize($0.bytes, plan.encoding)) }
        case .idle:
            self.templates = [
                template("MESSAGE_CREATE", EventData.message(textBytes: 96)), template("GUILD_MEMBERS_CHUNK", EventData.ofSize(100_000, plan.encoding)),
            ]
        }
    }

    static func hello(_ plan: TrafficPlan) -> [UInt8] {
        // No beat falls due within a run, since an answer to one has no place in a compressed stream that is ready beforehand.
        let data = Term.object([("heartbeat_interval", .integer(3_000_000))])
        return self.template(plan, type: .null, sequence: .null, op: 10, data: data).bytes
    }

    static func ready(_ plan: TrafficPlan, url: String) -> [UInt8] {
        let data = Term.object([
            ("v", .integer(10)), ("user", .object([("id", .string("1100000000000000001")), ("username", .string("bench")), ("bot", .bool(true))])),
            ("guilds", .array([])), ("session_id", .string("0123456789abcdef0123456789abcdef")), ("resume_gateway_url", .string(url)),
            ("application", .object([("id", .string("1100000000000000002")), ("flags", .integer(0))])),
        ])
        return self.template(plan, type: .name("READY"), sequence: .integer(TrafficPlan.readySequence), op: 0, data: data).bytes
    }

    /// `nil` after the last event.
    ///
    /// The last event of the warm-up and the last of all are MESSAGE_DELETE, which has as many letters as MESSAGE_CREATE: a client that prunes the
    /// one still sees where it stands by the other.
    mutating func nextEvent() -> [UInt8]? {
        guard self.next < self.plan.events else { return nil }
        self.next += 1
        let sequence = TrafficPlan.readySequence + self.next
        let isMarker = self.plan.shape == .message && (self.next == self.plan.warmUp || self.next == self.plan.events)
        let template =
            switch self.plan.shape {
            case .message, .uniqueText: isMarker ? self.marker : self.templates[0]
            case .mix: self.templates[Int(self.random.next() % UInt64(self.templates.count))]
            // Three large ones, evenly spread.
            case .idle: self.templates[self.next % (self.plan.events / 3) == self.plan.events / 6 ? 1 : 0]
            }
        return template.filled(sequence: sequence, words: self.vocabulary, using: &self.random)
    }

    /// In Discord's order, t, s, op, d, or in the order of a map with sorted keys: d, op, s, t.
    private static func template(_ plan: TrafficPlan, type: Term, sequence: Term, op: Int, data: Term) -> Template {
        let fields: [(String, Term)] = [("t", type), ("s", sequence), ("op", .integer(op)), ("d", data)]
        return TermWriter.template(.object(plan.isDataFirst ? fields.sorted { $0.0 < $1.0 } : fields), encoding: plan.encoding)
    }
}
