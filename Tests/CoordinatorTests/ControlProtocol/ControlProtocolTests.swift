import ClusterModel
import ControlProtocol
import GatewayModel
import SwiftProtobuf
import Testing

@Suite("The control protocol")
struct ControlProtocolTests {
    static let lease = ShardLease(key: ShardKey(generation: Generation(rawValue: 2), shard: ShardID(5)), epoch: AssignmentEpoch(rawValue: 9))
    static let session = GatewaySession(sessionID: "abc", resumeGatewayURL: "wss://resume.example", sequence: 77)
    static let permit = PermitID(rawValue: "3-17")
    static let stamp = Instant(nanoseconds: 123_456_789)
    static var reports: [ShardReport] {
        ShardPhase.allCases.map {
            ShardReport(lease: Self.lease, phase: $0, session: $0 == .live ? Self.session : nil, presence: $0 == .live ? PresenceRevision(rawValue: 8) : .none)
        }
    }

    static let ticket = CommandTicket(epoch: CoordinatorEpoch(rawValue: 3), number: 12)
    static let outcomes: [ForwardOutcome] = [
        .sent, .notSent, .notHeld, .rateLimited(retryAfter: .milliseconds(250)), .rateLimited(retryAfter: .zero), .tooLarge(bytes: 4097, limit: 4096),
        .queueFull(limit: 100), .invalid(OperatorMistake(what: "a", why: "b", fix: "c")),
    ]
    static let presence = PlannedPresence(
        Presence(
            since: 1_700_000_000_000,
            activities: [
                .custom("é \" 🦊"), .streaming("s", url: "https://twitch.tv/s"), Activity(name: "", kind: Activity.Kind(rawValue: -1), state: "", url: ""),
            ], status: .idle, afk: true), revision: PresenceRevision(rawValue: .max))
    static let data: PayloadValue = ["guild_id": "1", "list": [.null, true, .integer(.min + 1), [], "é\n\"\u{1}"], "object": ["nested": 9]]

    static var workerMessages: [WorkerMessage] {
        let hello = WorkerHello(
            protocolVersion: 1, stableID: StableID(rawValue: "w-1.a_B"), incarnation: Incarnation(rawValue: "i1"), capacity: 32,
            highestCoordinatorEpoch: CoordinatorEpoch(rawValue: 4), held: Self.reports,
            commands: [CommandReport(ticket: Self.ticket, outcome: nil)] + Self.outcomes.map { CommandReport(ticket: Self.ticket, outcome: $0) },
            stamp: Self.stamp)
        let fixed: [WorkerMessage] = [
            .hello(hello), .renew(Renewal(stamp: Self.stamp, shards: Self.reports, acceptedEvents: 12)),
            .renew(Renewal(stamp: Instant(nanoseconds: 0), shards: [], acceptedEvents: 0)), .shard(Self.reports[0]), .take(Self.permit, stamp: Self.stamp),
            .decline(Self.permit, reason: "draining"), .revoked(Self.reports[5]), .notHeld(Self.lease), .failed(Self.lease, code: 4004),
            .goodbye(Self.reports, returning: true),
            .goodbye([], returning: false),
        ]
        return fixed + IdentifyOutcome.allCases.map { .outcome(Self.permit, $0) } + Self.outcomes.map { .commandEnded(Self.ticket, $0) }
    }

    static var coordinatorMessages: [CoordinatorMessage] {
        let assignment = Assignment(
            lease: Self.lease, incarnation: Incarnation(rawValue: "i1"), numShards: 16, session: Self.session, application: ApplicationID(rawValue: "1"),
            token: Secret("T"), intents: .max, gatewayURL: "wss://gateway.example")
        var fresh = assignment
        fresh.session = nil
        fresh.presence = Self.presence
        var resumed = fresh
        resumed.isPresenceShown = true
        resumed.identify = IdentifyOptions(largeThreshold: 250, properties: IdentifyProperties(os: "plan9", browser: "b", device: "d"))
        let commands: [CoordinatorMessage] = [
            .command(Self.ticket, Self.lease, .raw(op: 4, data: Self.data), within: .milliseconds(1)),
            .command(Self.ticket, Self.lease, .raw(op: 255, data: .null), within: .seconds(60)),
        ]
        let statuses = Presence.Status.allCases.map {
            CoordinatorMessage.presence(Self.lease, PlannedPresence(Presence(status: $0), revision: PresenceRevision(rawValue: 1)))
        }
        return commands + statuses + [.presence(Self.lease, Self.presence), .assign(resumed)] + [
            .assign(assignment), .assign(fresh), .refused("no"), .offer(Self.permit, Self.lease), .go(Self.permit), .stopApplication(reason: "4004"),
        ]
            + Isolation.allCases.flatMap {
                [.welcome(stamp: Self.stamp, isolation: $0, dialsPerSecond: 1), .ack(stamp: Self.stamp, isolation: $0, dialsPerSecond: 200)]
            }
            + StopMode.allCases.map { .revoke(Self.lease, $0) }
    }

    @Test("every message of a worker survives the wire", arguments: workerMessages)
    func workerMessagesRoundTrip(message: WorkerMessage) throws {
        let bytes: [UInt8] = try message.encoded.serializedBytes()
        #expect(try WorkerMessage(decoding: Wire.WorkerEnvelope(serializedBytes: bytes)) == message)
    }

    @Test("every message of the coordinator survives the wire", arguments: coordinatorMessages)
    func coordinatorMessagesRoundTrip(message: CoordinatorMessage) throws {
        let envelope = CoordinatorEnvelope(epoch: CoordinatorEpoch(rawValue: 3), message: message)
        let bytes: [UInt8] = try envelope.encoded.serializedBytes()
        #expect(try CoordinatorEnvelope(decoding: Wire.CoordinatorEnvelope(serializedBytes: bytes)) == envelope)
    }

    @Test("a bad field is refused by name", arguments: Self.badMessages)
    func badFields(bad: Bad) {
        #expect(throws: bad.error) { try WorkerMessage(decoding: bad.envelope) }
    }

    @Test("what IDENTIFY would say wrongly is refused by name")
    func badIdentify() throws {
        func refusal(_ change: (inout Wire.CoordinatorEnvelope) -> Void) -> ControlProtocolError? {
            let message = Self.coordinatorMessages.first { if case .assign = $0 { true } else { false } }!
            var wire = CoordinatorEnvelope(epoch: CoordinatorEpoch(rawValue: 3), message: message).encoded
            change(&wire)
            do {
                _ = try CoordinatorEnvelope(decoding: wire)
                return nil
            } catch {
                return error
            }
        }
        #expect(refusal { _ in } == nil)
        #expect(refusal { $0.assign.clearIdentify() } == .missing(field: "assign.identify"))
        #expect(
            refusal { $0.assign.identify.largeThreshold = 49 } == .invalid(field: "assign.identify.large_threshold", problem: "is 49, outside 50 to 250"))
        #expect(refusal { $0.assign.identify.os = "" } == .missing(field: "assign.identify.os"))
        #expect(
            refusal { $0.assign.identify.device = String(repeating: "d", count: 101) }
                == .invalid(field: "assign.identify.device", problem: "is longer than 100 bytes"))
    }

    struct Bad: Sendable, CustomTestStringConvertible {
        var envelope: Wire.WorkerEnvelope
        var error: ControlProtocolError
        var testDescription: String { "\(self.error)" }
    }

    static var badMessages: [Bad] {
        func hello(_ change: (inout Wire.WorkerEnvelope) -> Void) -> Wire.WorkerEnvelope {
            var envelope = Self.workerMessages[0].encoded
            change(&envelope)
            return envelope
        }
        let long = String(repeating: "x", count: 129)
        return [
            Bad(envelope: Wire.WorkerEnvelope(), error: .unknownMessage),
            Bad(envelope: hello { $0.hello.stableID = "" }, error: .missing(field: "hello.stable_id")),
            Bad(envelope: hello { $0.hello.stableID = long }, error: .invalid(field: "hello.stable_id", problem: "is longer than 128 bytes")),
            Bad(
                envelope: hello { $0.hello.stableID = "w 1" },
                error: .invalid(field: "hello.stable_id", problem: "may hold only A-Z, a-z, 0-9, dot, underscore and hyphen")),
            Bad(envelope: hello { $0.hello.incarnation = long }, error: .invalid(field: "hello.incarnation", problem: "is longer than 128 bytes")),
            Bad(envelope: hello { $0.hello.capacity = 0 }, error: .invalid(field: "hello.capacity", problem: "is 0, outside 1 to 100000")),
            Bad(
                envelope: hello { $0.hello.highestCoordinatorEpoch = -1 },
                error: .invalid(field: "hello.highest_coordinator_epoch", problem: "is -1, outside 0 to 9223372036854775807")),
            Bad(envelope: hello { $0.hello.held[0].phase = .unspecified }, error: .missing(field: "hello.held.phase")),
            Bad(
                envelope: hello { $0.hello.held[0].phase = .UNRECOGNIZED(99) },
                error: .invalid(field: "hello.held.phase", problem: "is 99, which this version does not know")),
            Bad(envelope: hello { $0.hello.held[0].clearLease() }, error: .missing(field: "hello.held.lease")),
            Bad(
                envelope: hello { $0.hello.held[0].lease.shard = -1 },
                error: .invalid(field: "hello.held.lease.shard", problem: "is -1, outside 0 to 99999")),
            Bad(
                envelope: hello { $0.hello.held = Array(repeating: $0.hello.held[0], count: 100_001) },
                error: .invalid(field: "hello.held", problem: "holds more than 100000 shards")),
            Bad(envelope: hello { $0.take.permit = "" }, error: .missing(field: "take.permit")),
            Bad(
                envelope: hello {
                    $0.decline = .with {
                        $0.permit = "p"; $0.reason = String(repeating: "x", count: 4097)
                    }
                },
                error: .invalid(field: "decline.reason", problem: "is longer than 4096 bytes")),
            Bad(
                envelope: hello {
                    $0.failed = .with {
                        $0.lease = Self.lease.encodedForTest; $0.code = 99
                    }
                },
                error: .invalid(field: "failed.code", problem: "is 99, outside 1000 to 4999")),
            Bad(envelope: hello { $0.hello.held[0].presence = -1 }, error: .invalid(field: "hello.held.presence", problem: "is -1, outside 0 to \(Int64.max)")),
            Bad(envelope: hello { $0.hello.commands[0].clearTicket() }, error: .missing(field: "hello.commands.ticket")),
            Bad(
                envelope: hello { $0.hello.commands[0].ticket.number = 0 },
                error: .invalid(field: "hello.commands.ticket.number", problem: "is 0, outside 1 to \(Int64.max)")),
            Bad(
                envelope: hello { $0.hello.commands = Array(repeating: $0.hello.commands[0], count: 8193) },
                error: .invalid(field: "hello.commands", problem: "holds more than 8192")),
            Bad(
                envelope: hello { $0.commandEnded = $0.hello.commands[0] }, error: .missing(field: "command_ended.outcome")),
            Bad(
                envelope: hello {
                    $0.commandEnded = $0.hello.commands[1]
                    $0.commandEnded.outcome.outcome = nil
                }, error: .missing(field: "command_ended.outcome")),
            Bad(
                envelope: hello {
                    $0.commandEnded = $0.hello.commands[1]
                    $0.commandEnded.outcome.rateLimited = -1
                }, error: .invalid(field: "command_ended.outcome.rate_limited", problem: "is -1, outside 0 to \(Int64.max)")),
        ]
    }

    @Test("a hello of another protocol version is still read, so that it can be refused with a reason")
    func otherVersion() throws {
        var envelope = Self.workerMessages[0].encoded
        envelope.hello.protocolVersion = 2
        guard case .hello(let hello) = try WorkerMessage(decoding: envelope) else { throw ControlProtocolError.unknownMessage }
        #expect(hello.protocolVersion == 2)
    }

    @Test("a long reason is cut to the limit when it is sent, not refused by the peer")
    func longReason() throws {
        let message = WorkerMessage.decline(Self.permit, reason: String(repeating: "é", count: 4000))
        guard case .decline(_, let reason) = try WorkerMessage(decoding: message.encoded) else { throw ControlProtocolError.unknownMessage }
        #expect(reason == String(repeating: "é", count: 2048))
    }
}

extension ShardLease {
    fileprivate var encodedForTest: Muster_Control_V1_Lease {
        .with {
            $0.generation = Int64(self.key.generation.rawValue)
            $0.shard = Int64(self.key.shard.rawValue)
            $0.epoch = self.epoch.rawValue
        }
    }
}
