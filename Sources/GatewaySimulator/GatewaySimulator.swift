import GatewayModel
public import Logging
import NIOCore
import NIOPosix
public import SimulatedGateway

/// A running simulator: HTTP and gateway on one port, resumes on another, everything on one event loop of its own.
///
/// `stop()` must be called; it saves the state.
public final class GatewaySimulator: Sendable {
    /// The port of HTTP and of the base gateway URL.
    public let port: Int
    /// The port of READY's `resume_gateway_url`.
    public let resumePort: Int
    /// `http://host:port/api/v10`: a bot's API base.
    public let apiURL: String

    private let group: MultiThreadedEventLoopGroup
    private let core: NIOLoopBound<SimulatorCore>
    private let listener: any Channel
    private let stateFile: StateFile?

    /// Loads the state, binds both ports and starts time.
    ///
    /// - Throws: an `OperatorError` for a damaged or locked state file, a bad certificate, or a port in use.
    public static func start(_ options: SimulatorOptions, logger: Logger) async throws -> GatewaySimulator {
        let stateFile = try options.stateFile.map { try StateFile(path: $0) }
        let machine = try stateFile?.load(rules: options.rules) ?? GatewayMachine(configuration: options.rules, at: Instant(nanoseconds: 0))
        let tls = try ServerTLS.load(certificateFile: options.certificateFile, privateKeyFile: options.privateKeyFile)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        do {
            let core = try await loop.submit {
                NIOLoopBound(SimulatorCore(machine: machine, options: options, loop: loop, logger: logger), eventLoop: loop)
            }.get()
            let listener = Listener(loop: loop, core: core, tls: tls, backlogLimit: options.clientBacklogLimit)
            let base = try await listener.bind(host: options.host, port: options.port, isResume: false)
            let port = base.localAddress?.port ?? options.port
            let resume: any Channel
            let resumeHost = options.resumeHost ?? options.host
            do {
                resume = try await listener.bindResume(
                    host: resumeHost, port: options.resumePort, after: options.port == 0 ? nil : port)
            } catch {
                try await base.close()
                throw error
            }
            let simulator = GatewaySimulator(
                options: options, port: port, resumePort: resume.localAddress?.port ?? 0, group: group, core: core, listener: base, stateFile: stateFile)
            try await simulator.onLoop { [resumePort = simulator.resumePort] in
                $0.resumeListener = ResumeListener(listener: listener, host: resumeHost, port: resumePort, channel: resume)
            }
            try await simulator.open(options)
            return simulator
        } catch {
            try await group.shutdownGracefully()
            throw error
        }
    }

    /// Ends time, closes the ports and every connection (without close frame, so that clients resume later), and saves the state.
    public func stop() async throws {
        // Ports that are closed already are as they should be.
        try? await self.listener.close()
        try? await self.setResumeHost(.refuses)
        let state = try await self.onLoop { $0.stop() }
        try await self.group.shutdownGracefully()
        try self.stateFile?.save(state)
    }

    public func inject(_ fault: Fault) async throws {
        try await self.onLoop { $0.inject(fault) }
    }

    /// What clients meet at the resume URL from now on; open connections stay.
    ///
    /// - Throws: where the port was closed, and another process has it now.
    public func setResumeHost(_ state: ResumeHost) async throws {
        try await self.group.next().flatSubmit { [core] in core.value.setResumeHost(state) }.get()
    }

    public func publish(_ draft: EventDraft) async throws {
        try await self.onLoop { $0.publish(draft) }
    }

    /// The machine as it is now: sessions, counts, violations, ledger.
    public func snapshot() async throws -> GatewayMachine {
        try await self.onLoop { $0.machine }
    }

    private init(
        options: SimulatorOptions, port: Int, resumePort: Int, group: MultiThreadedEventLoopGroup, core: NIOLoopBound<SimulatorCore>,
        listener: any Channel, stateFile: StateFile?
    ) {
        self.port = port
        self.resumePort = resumePort
        self.apiURL = "\(options.certificateFile == nil ? "http" : "https")://\(Self.host(options.host, options)):\(port)/api/v10"
        self.group = group
        self.core = core
        self.listener = listener
        self.stateFile = stateFile
    }

    /// Tells the core its URLs, then lets time run.
    private func open(_ options: SimulatorOptions) async throws {
        let scheme = options.certificateFile == nil ? "ws" : "wss"
        let urls = (
            base: "\(scheme)://\(Self.host(options.host, options)):\(self.port)/gateway",
            resume: "\(scheme)://\(Self.host(options.resumeHost ?? options.host, options)):\(self.resumePort)/gateway"
        )
        try await self.onLoop { core in
            core.gatewayURL = urls.base
            core.resumeURL = urls.resume
            core.start()
        }
    }

    private func onLoop<Value: Sendable>(_ body: @escaping @Sendable (SimulatorCore) throws -> Value) async throws -> Value {
        try await self.group.next().submit { [core] in try body(core.value) }.get()
    }

    /// A host for a URL.
    private static func host(_ listening: String, _ options: SimulatorOptions) -> String {
        let host = options.advertisedHost ?? (["0.0.0.0", "::", ""].contains(listening) ? "127.0.0.1" : listening)
        return host.contains(":") ? "[\(host)]" : host
    }
}
