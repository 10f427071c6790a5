import ClusterModel
import ControlProtocol
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import GatewayModel

/// One control stream from the worker's side; the test writes its messages.
struct ScriptedWorker: Sendable {
    let received = Recorder<CoordinatorEnvelope>()
    /// The status that the server ended the stream with; `nil` where it ended it cleanly.
    let ended = Recorder<RPCError?>()
    private let outgoing: AsyncStream<Wire.WorkerEnvelope>
    private let send: AsyncStream<Wire.WorkerEnvelope>.Continuation

    init() {
        (self.outgoing, self.send) = AsyncStream.makeStream()
    }

    func say(_ message: WorkerMessage) {
        self.send.yield(message.encoded)
    }

    func say(raw envelope: Wire.WorkerEnvelope) {
        self.send.yield(envelope)
    }

    func hangUp() {
        self.send.finish()
    }

    /// Runs the stream until either side ends it.
    func run(port: Int) async {
        do {
            try await withGRPCClient(
                transport: HTTP2ClientTransport.Posix(target: .ipv4(address: "127.0.0.1", port: port), transportSecurity: .plaintext)
            ) { client in
                try await Wire.Control.Client(wrapping: client).session { writer in
                    for await envelope in self.outgoing { try await writer.write(envelope) }
                } onResponse: { response in
                    for try await envelope in response.messages {
                        self.received.record(try CoordinatorEnvelope(decoding: envelope))
                    }
                }
            }
            self.ended.record(nil)
        } catch {
            self.ended.record(error as? RPCError ?? RPCError(code: .unknown, message: "\(error)"))
        }
    }

    static func hello(_ name: String = "w1", version: Int = controlProtocolVersion, capacity: Int = 8) -> WorkerMessage {
        .hello(
            WorkerHello(
                protocolVersion: version, stableID: StableID(rawValue: name), incarnation: Incarnation(rawValue: "\(name)-1"), capacity: capacity,
                highestCoordinatorEpoch: CoordinatorEpoch(rawValue: 0), held: [], stamp: Instant(nanoseconds: 1)))
    }

    static func renew(_ stamp: Int64) -> WorkerMessage {
        .renew(Renewal(stamp: Instant(nanoseconds: stamp), shards: [], acceptedEvents: 0))
    }
}
