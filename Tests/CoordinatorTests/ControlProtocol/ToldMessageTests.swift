import ClusterModel
import ControlProtocol
import GatewayModel
import Testing

@Suite("What a worker is told")
struct ToldMessageTests {
    @Test("a bad field of the coordinator is refused by name", arguments: BadTold.all)
    func badTold(bad: BadTold) {
        #expect(throws: bad.error) { try CoordinatorEnvelope(decoding: bad.envelope) }
    }
}

struct BadTold: Sendable, CustomTestStringConvertible {
    var envelope: Wire.CoordinatorEnvelope
    var error: ControlProtocolError
    var testDescription: String { "\(self.error)" }

    init(_ error: ControlProtocolError, _ message: CoordinatorMessage, _ change: (inout Wire.CoordinatorEnvelope) -> Void) {
        self.envelope = CoordinatorEnvelope(epoch: CoordinatorEpoch(rawValue: 3), message: message).encoded
        change(&self.envelope)
        self.error = error
    }

    static var all: [BadTold] {
        let command = CoordinatorMessage.command(
            ControlProtocolTests.ticket, ControlProtocolTests.lease, .raw(op: 4, data: ControlProtocolTests.data), within: .seconds(1))
        let presence = CoordinatorMessage.presence(ControlProtocolTests.lease, ControlProtocolTests.presence)
        let deep = [UInt8](repeating: UInt8(ascii: "["), count: 4000)
        func data(_ text: String) -> (inout Wire.CoordinatorEnvelope) -> Void { { $0.command.data = .init([UInt8](text.utf8)) } }
        func noJSON(_ error: EnvelopeError) -> ControlProtocolError { .invalid(field: "command.data", problem: "is no JSON of whole numbers: \(error)") }
        return [
            BadTold(.missing(field: "command.ticket"), command) { $0.command.clearTicket() },
            BadTold(.missing(field: "command.lease"), command) { $0.command.clearLease() },
            BadTold(.invalid(field: "command.op", problem: "is 256, outside 0 to 255"), command) { $0.command.op = 256 },
            BadTold(.invalid(field: "command.limit", problem: "is 0, outside 1 to 60000000000"), command) { $0.command.limit = 0 },
            BadTold(.invalid(field: "command.data", problem: "is longer than 4096 bytes"), command, data(String(repeating: " ", count: 4097))),
            BadTold(noJSON(.truncated), command, data("")),
            BadTold(noJSON(.unexpectedByte(at: 5)), command, data(#"{"a":1.5}"#)),
            BadTold(noJSON(.unexpectedByte(at: 7)), command, data(#"{"a":1,"a":2}"#)),
            BadTold(noJSON(.trailingBytes(at: 3)), command, data("{} {}")),
            BadTold(noJSON(.tooDeep(at: 128)), command) { $0.command.data = .init(deep) },
            BadTold(.missing(field: "presence.presence"), presence) { $0.presence.clearPresence() },
            BadTold(.invalid(field: "presence.presence.revision", problem: "is 0, outside 1 to \(Int64.max)"), presence) { $0.presence.presence.revision = 0 },
            BadTold(.missing(field: "presence.presence.status"), presence) { $0.presence.presence.status = .unspecified },
            BadTold(.invalid(field: "presence.presence.activities", problem: "holds more than 128"), presence) {
                $0.presence.presence.activities = Array(repeating: $0.presence.presence.activities[0], count: 129)
            },
            BadTold(
                .invalid(field: "ack.dials_per_second", problem: "is 0, outside 1 to 2147483647"),
                .ack(stamp: ControlProtocolTests.stamp, isolation: .hold, dialsPerSecond: 1)
            ) { $0.ack.dialsPerSecond = 0 },
        ]
    }
}
