public import ClusterModel
public import ClusterStore
public import GatewayModel
public import Logging
import NIOCore
import NIOPosix
public import ServiceLifecycle

/// Leads one application's cluster: wins leadership, restores the machine from the store, serves workers, and runs the one loop until it is asked to
/// stop or deposed. Workers keep their shards when it ends.
public struct CoordinatorService: Service {
    public struct Configuration: Sendable {
        public var cluster: ClusterConfiguration
        public var listen: ListenAddress
        /// Names this process in the leader row: host and process id.
        public var holder: String
        public var leadership: LeadershipTiming

        public init(cluster: ClusterConfiguration, listen: ListenAddress, holder: String, leadership: LeadershipTiming = LeadershipTiming()) {
            self.cluster = cluster
            self.listen = listen
            self.holder = holder
            self.leadership = leadership
        }
    }

    public typealias MakeMachine = @Sendable (ClusterConfiguration, StoredCluster, CoordinatorEpoch, Instant) -> any LeaderMachine

    /// What the admin API and commands use.
    public let desk: OperatorDesk

    private let configuration: Configuration
    private let store: any ClusterStore
    private let gateway: any GatewayInfoSource
    private let logger: Logger
    private let makeMachine: MakeMachine
    private let listening: @Sendable (Int) -> Void

    /// - Parameters:
    ///   - store: migrated; closed by the caller after `run`.
    ///   - makeMachine: a scripted one in tests of the loop.
    ///   - listening: called once with the port that was bound.
    public init(
        _ configuration: Configuration, store: any ClusterStore, gateway: any GatewayInfoSource, logger: Logger,
        makeMachine: @escaping MakeMachine = { ClusterMachine($0, restoring: $1, epoch: $2, at: $3) }, listening: @Sendable @escaping (Int) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.store = store
        self.gateway = gateway
        self.logger = logger
        self.makeMachine = makeMachine
        self.listening = listening
        self.desk = OperatorDesk(application: configuration.cluster.application, store: store)
    }

    /// - Throws: an `OperatorError` where another coordinator leads (now or later), the port is taken, the token is refused at the first question, or the
    ///   store cannot be read.
    public func run() async throws {
        let leadership = Leadership(
            store: self.store, application: self.configuration.cluster.application, holder: self.configuration.holder,
            timing: self.configuration.leadership, logger: self.logger)
        let epoch: CoordinatorEpoch
        do {
            epoch = try await cancelWhenGracefulShutdown { try await leadership.campaign() }
        } catch is CancellationError {
            return
        }
        self.logger.notice("Leading", metadata: [LogKey.epoch: "\(epoch)", LogKey.application: "\(self.configuration.cluster.application)"])
        do {
            let stored = try await self.store.load(self.configuration.cluster.application)
            let end = try await self.lead(stored, epoch, leadership)
            if case .deposed(let why) = end {
                throw OperatorMistake(
                    what: "this coordinator does not lead any more", why: why, fix: "let the other coordinator work, or stop it and start this one again")
            }
        } catch {
            await leadership.resign(epoch)
            throw error
        }
        await leadership.resign(epoch)
        self.logger.notice("Stopped: workers keep their shards")
    }

    /// How one of the leader's tasks ended.
    private enum Ended: Sendable {
        case loop(StopReason)
        /// Everything queued for the store is written.
        case writer
        /// Every worker's stream and connection has ended.
        case server
        /// The end has taken long enough.
        case grace
        case other
    }

    private func lead(_ stored: StoredCluster, _ epoch: CoordinatorEpoch, _ leadership: Leadership) async throws -> StopReason {
        let cluster = self.configuration.cluster
        let inbox = self.desk.inbox
        let streams = WorkerStreams()
        let alarm = Alarm(eventLoop: MultiThreadedEventLoopGroup.singleton.next())
        let writer = StoreWriter(store: self.store, epoch: epoch, application: cluster.application, inbox: inbox)
        let (fetches, fetch) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let loop = CoordinatorLoop(
            inbox: inbox, alarm: alarm, writer: writer, workers: streams, desk: self.desk.requests, board: self.desk.board, fetch: fetch, epoch: epoch,
            logger: self.logger)
        let service = ControlService(streams: streams, inbox: inbox, silenceLimit: cluster.timing.coordinatorLease, logger: self.logger)
        let (serverStopped, stopServer) = AsyncStream.makeStream(of: Void.self)
        let server = ControlServer(address: self.configuration.listen, service: service, stopped: serverStopped)
        let machine = self.makeMachine(cluster, stored, epoch, BootClock.now)

        return try await withThrowingTaskGroup(of: Ended.self) { group in
            group.addTask { .loop(await loop.run(machine)) }
            group.addTask {
                await writer.run()
                return .writer
            }
            group.addTask {
                for await _ in alarm.rings { await inbox.wake() }
                return .other
            }
            group.addTask {
                try await leadership.keep(epoch)
                await inbox.deposed()
                return .other
            }
            group.addTask {
                try await self.answerFetches(fetches)
                return .other
            }
            group.addTask {
                try await server.run { port in
                    self.logger.notice("Workers may connect", metadata: [LogKey.address: "\(ListenAddress(host: server.address.host, port: port))"])
                    self.listening(port)
                }
                return .server
            }
            group.addTask {
                try await gracefulShutdown()
                await inbox.send(.stopRequested)
                return .other
            }
            defer {
                self.desk.close()
                group.cancelAll()
            }
            var end: StopReason?
            var (written, told) = (false, false)
            for try await ended in group {
                switch ended {
                case .loop(let reason):
                    end = reason
                    self.desk.close()
                    streams.endAll(reason: "the coordinator ends")
                    stopServer.finish()
                    writer.finish()
                    group.addTask {
                        // What is queued is still written and told, but an absent store or worker does not hold the end up.
                        try? await Task.sleep(for: .seconds(5))
                        return .grace
                    }
                case .writer: written = true
                case .server: told = true
                case .grace: (written, told) = (true, true)
                case .other: break
                }
                if let end, written, told { return end }
            }
            return end ?? .requested
        }
    }

    /// - Throws: an `OperatorError` where the very first answer is 401. Later ones are the machine's to decide on.
    private func answerFetches(_ fetches: AsyncStream<Void>) async throws {
        var answeredBefore = false
        for await _ in fetches {
            switch await self.gateway.fetch(token: self.configuration.cluster.token) {
            case .info(let info):
                answeredBefore = true
                await self.desk.inbox.send(.gatewayInfo(info))
            case .failed(.unauthorized) where !answeredBefore:
                throw OperatorMistake(
                    what: "Discord refuses the token", why: "GET /gateway/bot answered 401",
                    fix: "give the bot's present token by --token-file or DISCORD_TOKEN")
            case .failed(let failure):
                await self.desk.inbox.send(.gatewayInfoFailed(failure))
            }
        }
    }
}
