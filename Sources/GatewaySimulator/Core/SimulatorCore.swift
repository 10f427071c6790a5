import GatewayModel
import Logging
import NIOCore
import SimulatedGateway

/// The one owner of the gateway machine and its sockets. Everything happens on one event loop, in order of arrival.
final class SimulatorCore {
    var machine: GatewayMachine
    var apiFailures = APIFailures()
    var generator: EventGenerator
    let options: SimulatorOptions
    let loop: any EventLoop
    let logger: Logger
    /// Connections cut because their client did not read.
    private(set) var backlogCuts = 0
    private(set) var resumesByResumeURL = 0
    var resumeHost = ResumeHost.open
    /// Set once both ports are bound.
    var resumeListener: ResumeListener?
    /// Without query; known once the ports are.
    var gatewayURL = ""
    var resumeURL = ""

    private let clock: SimulatorClock
    private var sockets: [ConnectionID: GatewaySocket] = [:]
    private var lastConnection: Int64 = 0
    private var bursts: [Burst] = []
    private var outputs: [GatewayOutput] = []
    private var dirty: [GatewaySocket] = []
    private var renderer = PayloadRenderer()
    private var ticks: RepeatedTask?

    init(machine: GatewayMachine, options: SimulatorOptions, loop: any EventLoop, logger: Logger) {
        self.machine = machine
        self.options = options
        self.loop = loop
        self.logger = logger
        self.clock = SimulatorClock(from: machine.now)
        self.generator = EventGenerator(
            eventsPerSecond: options.eventsPerSecond, guilds: machine.configuration.guilds, seed: options.seed ^ UInt64(machine.counts.events), at: machine.now)
    }

    var now: Instant { self.clock.now }

    func start() {
        let bound = NIOLoopBound(self, eventLoop: self.loop)
        self.ticks = self.loop.scheduleRepeatedTask(initialDelay: .milliseconds(10), delay: .milliseconds(10)) { _ in bound.value.tick() }
    }

    /// Ends time: nothing is published or decided any more.
    func stop() -> [UInt8] {
        self.ticks?.cancel()
        self.ticks = nil
        return self.machine.saved()
    }

    func opened(_ socket: GatewaySocket, version: Int?) -> ConnectionID {
        self.lastConnection += 1
        let id = ConnectionID(rawValue: self.lastConnection)
        self.sockets[id] = socket
        socket.numbered(id)
        self.handle(.connectionOpened(id, version: version))
        return id
    }

    /// A payload. A RESUME of a session whose connection looks open waits for that connection's end, which may be in the kernel already, for at most
    /// `patience` looks of ten milliseconds; whatever the client sends meanwhile waits behind it.
    func received(_ payload: ClientPayload, from id: ConnectionID, on socket: GatewaySocket) {
        if socket.isHolding {
            socket.held.append(payload)
            return
        }
        if case .resume(let resume) = payload {
            if socket.isResumeListener { self.resumesByResumeURL += 1 }
            if let old = self.machine.connection(ofSession: resume.sessionID), old != id {
                socket.isHolding = true
                socket.held = [payload]
                self.awaitEnd(of: resume.sessionID, before: socket, id, looks: Self.patience)
                return
            }
        }
        self.take(payload, from: id, on: socket)
    }

    func ended(_ id: ConnectionID, _ end: ClientEnd) {
        self.sockets[id] = nil
        self.handle(.connectionEnded(id, end))
    }

    func backlogged(_ id: ConnectionID, _ socket: GatewaySocket) {
        self.backlogCuts += 1
        self.logger.notice("Connection cut: its client does not read", metadata: ["connection": "\(id)"])
        self.ended(id, .transportEnded)
        socket.cut(.reset)
    }

    /// Done when new connections meet it.
    func setResumeHost(_ state: ResumeHost) -> EventLoopFuture<Void> {
        self.resumeHost = state
        return self.resumeListener?.set(isListening: state != .refuses) ?? self.loop.makeSucceededVoidFuture()
    }

    func inject(_ fault: Fault) { self.handle(.inject(fault)) }

    func publish(_ draft: EventDraft) { self.handle(.publish(draft)) }

    /// The part of a burst that is due at once is published before this returns.
    func startBurst(count: Int, over length: Duration, guild: UInt64?, padding: UInt32) {
        self.bursts.append(Burst(count: count, over: length, guild: guild, padding: padding, at: self.now))
        self.tick()
    }

    /// Bad bytes for every connection of a target, which the gateway's own rules would never send.
    func garble(_ target: Target, with garbage: Garbage) {
        for id in self.sockets.keys.sorted() where self.machine.isTargeted(id, by: target) {
            self.sockets[id]!.send(garbage)
            self.sockets[id]!.flush()
        }
    }

    private static let patience = 20

    private func awaitEnd(of session: String, before socket: GatewaySocket, _ id: ConnectionID, looks: Int) {
        let bound = NIOLoopBound((self, socket), eventLoop: self.loop)
        self.loop.scheduleTask(in: .milliseconds(10)) {
            let (core, socket) = bound.value
            if looks > 1, let old = core.machine.connection(ofSession: session), old != id {
                core.awaitEnd(of: session, before: socket, id, looks: looks - 1)
            } else {
                core.release(socket, id)
            }
        }
    }

    private func release(_ socket: GatewaySocket, _ id: ConnectionID) {
        let held = socket.held
        socket.held = []
        socket.isHolding = false
        for payload in held { self.take(payload, from: id, on: socket) }
    }

    private func take(_ payload: ClientPayload, from id: ConnectionID, on socket: GatewaySocket) {
        // Before the machine answers: READY is compressed already, and so is what a RESUME replays.
        switch payload {
        case .identify(let identify): socket.compressPayloads(identify.compress)
        case .resume(let resume): socket.compressPayloads(self.machine.status(ofSession: resume.sessionID)?.compress ?? false)
        default: break
        }
        self.handle(.received(id, payload))
    }

    private func tick() {
        let now = self.now
        self.machine.handle(.timePassed, at: now, into: &self.outputs)
        for draft in self.generator.due(at: now) { self.machine.handle(.publish(draft), at: now, into: &self.outputs) }
        for index in self.bursts.indices {
            for _ in 0..<self.bursts[index].due(at: now) {
                let padding = self.bursts[index].padding
                let draft =
                    self.bursts[index].guild.map { EventDraft(type: .messageCreate, guild: $0, padding: padding) }
                    ?? self.generator.message(padding: padding)
                self.machine.handle(.publish(draft), at: now, into: &self.outputs)
            }
        }
        self.bursts.removeAll { $0.remaining == 0 }
        self.perform()
    }

    private func handle(_ input: GatewayInput) {
        self.machine.handle(input, at: self.now, into: &self.outputs)
        self.perform()
    }

    private func perform() {
        // Taken out first: ending a socket below may come back here.
        let outputs = self.outputs
        self.outputs.removeAll(keepingCapacity: true)
        for output in outputs {
            switch output {
            case .send(let id, let payload):
                guard let socket = self.sockets[id] else { continue }
                socket.append(self.renderer.render(payload, machine: &self.machine, resumeURL: self.resumeURL))
                if !socket.isDirty {
                    socket.isDirty = true
                    self.dirty.append(socket)
                }
            case .close(let id, let code):
                self.sockets.removeValue(forKey: id)?.close(code: code)
            case .cut(let id, let how):
                self.sockets.removeValue(forKey: id)?.cut(how)
            }
        }
        let dirty = self.dirty
        self.dirty.removeAll(keepingCapacity: true)
        for socket in dirty { socket.flush() }
    }
}
