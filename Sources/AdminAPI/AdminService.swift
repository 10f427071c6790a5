import GatewayModel
import Hummingbird
public import Logging
import NIOCore
public import ServiceLifecycle

/// Serves the admin API: what `AdminRouter` has paths for.
public struct AdminService: Service {
    private let host: String
    private let port: Int
    private let backend: any AdminBackend
    private let logger: Logger
    private let listening: @Sendable (Int) -> Void

    /// A connection whose request does not come in full, or on which nothing is asked, is closed after this.
    private static let idleLimit = TimeAmount.seconds(60)

    /// - Parameters:
    ///   - port: 0 lets the kernel choose.
    ///   - listening: called once with the port that was bound.
    public init(host: String, port: Int, backend: any AdminBackend, logger: Logger, listening: @Sendable @escaping (Int) -> Void = { _ in }) {
        self.host = host
        self.port = port
        self.backend = backend
        self.logger = logger
        self.listening = listening
    }

    /// - Throws: an `OperatorError` where the address cannot be bound.
    public func run() async throws {
        var quiet = self.logger
        // It reports as errors what is told better by what this throws.
        quiet.logLevel = .critical
        let application = Application(
            router: AdminRouter(backend: self.backend).build(), server: .http1(configuration: .init(idleTimeout: Self.idleLimit)),
            configuration: ApplicationConfiguration(address: .hostname(self.host, port: self.port)),
            onServerRunning: { channel in self.listening(channel.localAddress?.port ?? self.port) }, logger: quiet)
        do {
            try await application.run()
        } catch let error as IOError {
            throw OperatorMistake(
                what: "the admin API cannot listen on \(self.host):\(self.port)", why: "\(error)", fix: "free that port, or choose another with --admin")
        }
    }
}
