import GatewayModel
@testable import GatewayWire
import NIOCore

/// A shard's whole inbound path, from payloads to the session machine's effects, among everything else that can happen to a shard.
enum FuzzSession {
    fileprivate struct Shard {
        enum Socket {
            case none, dialing, open
        }

        var machine: SessionMachine
        var random: Generator
        var now = Instant(nanoseconds: 1_000_000_000_000)
        var socket = Socket.none
        var sequence: Int64 = 0
        var hasEnded = false
        let codec: PayloadCodec

        mutating func handle(_ input: SessionInput) {
            let effects = self.machine.handle(input, at: self.now, using: &self.random)
            check(!self.hasEnded || effects.isEmpty, "\(effects) after the end")
            check(effects.count { $0 == .deliver } <= 1, "two deliveries of one dispatch")
            for effect in effects {
                switch effect {
                case .dial:
                    check(self.socket == .none, "a dial beside another connection")
                    self.socket = .dialing
                case .drop: self.socket = .none
                case .sendHeartbeat, .sendIdentify, .sendResume, .close: check(self.socket == .open, "\(effect) without a connection")
                case .end: self.hasEnded = true
                case .reserveDial, .deliver, .stopReading, .report: break
                }
            }
        }

        /// As the driver does.
        mutating func receive(_ payload: ByteBuffer) {
            guard self.socket == .open else { return }
            do {
                let codec = self.codec
                let envelope = try payload.withUnsafeReadableBytes { bytes throws(EnvelopeError) in try codec.envelope(bytes) }
                guard envelope.op == 0 else {
                    if let input = try ControlPayload.input(envelope, payload, self.codec) { self.handle(input) }
                    return
                }
                guard let sequence = envelope.sequence, let type = envelope.type else { throw InboundFailure.incompleteDispatch }
                if type == .ready {
                    guard let ready = payload.data(of: envelope)?.withUnsafeReadableBytes({ codec.ready($0) }) else { throw InboundFailure.unusableReady }
                    self.handle(.ready(sequence: sequence, sessionID: ready.sessionID, resumeGatewayURL: ready.resumeGatewayURL))
                } else if type == .resumed {
                    self.handle(.resumed(sequence: sequence))
                } else {
                    switch self.machine.dispatchReceived(sequence: sequence, at: self.now) {
                    case .deliver, .drop: break
                    case .handle: self.handle(.dispatch(sequence: sequence))
                    }
                }
            } catch {
                self.handle(.malformed(reason: "\(error)"))
            }
        }
    }

    /// The jitter is not what is tried here.
    fileprivate struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            self.state = self.state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return self.state
        }
    }

    static func run(_ bytes: UnsafeRawBufferPointer) {
        var choices = Choices(bytes)
        let flags = choices.byte()
        let stored = GatewaySession(sessionID: "s0", resumeGatewayURL: "wss://r", sequence: Int64(flags >> 3))
        var shard = Shard(
            machine: SessionMachine(gatewayURL: "wss://b", session: flags & 1 == 1 ? stored : nil), random: Generator(state: UInt64(flags)),
            codec: flags & 2 == 2 ? .etf : .json)
        shard.handle(.start)
        var permits = 0
        while !choices.isEmpty {
            shard.now = shard.now + .milliseconds(Int64(choices.byte()) * 20)
            let permit = PermitID(rawValue: "p\(permits)")
            switch choices.below(24) {
            case 0: if shard.socket == .dialing { shard.connect() }
            case 1: if shard.socket == .dialing { shard.lose(.failedToConnect(reason: "")) }
            case 2: if shard.socket == .open { shard.lose(.closed(code: choices.byte() & 1 == 0 ? nil : 4000 + UInt16(choices.below(20)), reason: "")) }
            case 3: shard.receive(ByteBuffer(bytes: choices.take(Int(choices.byte()))))
            case 4: shard.receive(shard.payload(op: 10, data: ["heartbeat_interval": .integer(Int64(choices.word()))]))
            case 5:
                shard.receive(
                    shard.payload(op: 0, type: "READY", data: ["session_id": .string("s\(choices.below(3))"), "resume_gateway_url": "wss://r"], sequence: 1))
            case 6: shard.receive(shard.payload(op: 0, type: "RESUMED", data: [:], sequence: shard.next(choices.byte())))
            case 7, 8, 9, 10, 11: shard.receive(shard.payload(op: 0, type: "MESSAGE_CREATE", data: nil, sequence: shard.next(choices.byte())))
            case 12: shard.receive(shard.payload(op: [1, 7, 11, 31][choices.below(4)], data: nil))
            case 13: shard.receive(shard.payload(op: 9, data: .bool(choices.byte() & 1 == 1)))
            case 14, 15:
                permits += 1
                shard.handle(.offered(PermitID(rawValue: "p\(permits)")))
            case 16, 17: shard.handle(.granted(permit, validUntil: shard.now + .milliseconds(Int64(choices.byte()) * 20 - 500)))
            case 18: shard.handle(.accepted(sequence: Int64(choices.byte()), sessionID: "s\(choices.below(3))"))
            case 19: shard.handle(.readingPaused(choices.byte() & 1 == 1))
            case 20: shard.handle(.flushed)
            case 21: if choices.byte() < 16 { shard.handle(.stop(choices.byte() & 1 == 0 ? .retire : .handOff)) }
            case 22:
                let until = choices.byte() & 1 == 0 ? nil : shard.now + .milliseconds(Int64(choices.byte()) * 20 - 500)
                shard.machine.authority = DialAuthority(dialUntil: until, emitUntil: until)
                shard.handle(.tick)
            default:
                if let deadline = shard.machine.deadline, deadline > shard.now { shard.now = deadline }
                shard.handle(.tick)
            }
        }
    }
}

extension FuzzSession.Shard {
    fileprivate mutating func connect() {
        self.socket = .open
        self.handle(.connected)
    }

    fileprivate mutating func lose(_ input: SessionInput) {
        self.socket = .none
        self.handle(input)
    }

    /// Mostly the next one.
    fileprivate mutating func next(_ choice: UInt8) -> Int64 {
        let next = (self.machine.receivedSequence ?? 0) + 1
        return choice < 200 ? next : next + Int64(choice) - 228
    }

    fileprivate func payload(op: Int, type: String? = nil, data: PayloadValue, sequence: Int64? = nil) -> ByteBuffer {
        let fields: PayloadValue = [
            "op": .integer(Int64(op)), "t": type.map { .string($0) } ?? .null, "s": sequence.map { .integer($0) } ?? .null, "d": data,
        ]
        // A codec writes payloads of `op` and `d` only: the fields lie within its data.
        let bytes = self.codec.encode(op: 0, data: fields)
        let range = bytes.withUnsafeBytes { try? self.codec.envelope($0).data } ?? 0..<0
        return ByteBuffer(bytes: (self.codec == .etf ? [131] : []) + bytes[range])
    }
}
