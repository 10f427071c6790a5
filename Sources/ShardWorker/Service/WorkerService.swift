import ClusterModel
import GatewayClient
import GatewayModel
public import Logging
public import NIOCore
public import ServiceLifecycle

/// A worker process: holds the shards that its coordinator assigns and carries their events to a sink.
///
/// One loop owns the `WorkerMachine`, brings it what happens and performs what it answers; it decides nothing itself.
public struct WorkerService: Service, CustomStringConvertible {
    private let settings: WorkerSettings
    private let transport: any ControlTransport
    private let sink: any EventSink
    private let group: any EventLoopGroup
    private let logger: Logger
    private let dialPacer: DialPacer
    private let makeShard: ShardFactory
    private let clock: @Sendable () -> Instant
    private let watchdogEnd: (@Sendable () -> Void)?

    /// From SIGTERM to the end of the process, whatever is stuck.
    static let stopLimit = Duration.seconds(10)

    /// - Parameters:
    ///   - sink: opened; the service closes it.
    ///   - group: its event loops carry the shards' sockets, one loop a shard.
    public init(_ settings: WorkerSettings, transport: any ControlTransport, sink: any EventSink, group: any EventLoopGroup, logger: Logger) {
        // Every shard shares it: the machine says how much of the cluster's rate is ours.
        let dialPacer = DialPacer(perSecond: 1)
        self.init(
            settings, transport: transport, sink: sink, group: group, logger: logger, dialPacer: dialPacer,
            makeShard: { assignment, handler in
                GatewayShard(
                    configuration: GatewayShardConfiguration(assignment, settings, dialPacer: dialPacer), handler: handler, eventLoop: group.next(),
                    logger: logger)
            })
    }

    init(
        _ settings: WorkerSettings, transport: any ControlTransport, sink: any EventSink, group: any EventLoopGroup, logger: Logger,
        clock: @escaping @Sendable () -> Instant = { BootClock.now }, watchdogEnd: (@Sendable () -> Void)? = nil,
        dialPacer: DialPacer = DialPacer(perSecond: 1), makeShard: @escaping ShardFactory
    ) {
        self.settings = settings
        self.transport = transport
        self.sink = sink
        self.group = group
        self.logger = logger
        self.clock = clock
        self.watchdogEnd = watchdogEnd
        self.dialPacer = dialPacer
        self.makeShard = makeShard
    }

    public var description: String { "WorkerService(\(self.settings.stableID))" }

    /// Runs until it was asked to stop and everything is closed.
    /// - Throws: `WorkerError`.
    public func run() async throws {
        let watchdog = self.watchdogEnd.map { Watchdog(clock: self.clock, end: $0) } ?? Watchdog(clock: self.clock)
        let writer = SinkWriter(
            self.sink, limits: self.settings.limits, authority: DialAuthority(dialUntil: self.clock(), emitUntil: self.clock()), logger: self.logger,
            clock: self.clock)
        let (end, counters) = await withDiscardingTaskGroup { tasks in
            var loop = WorkerLoop(
                settings: self.settings, transport: self.transport, writer: writer, watchdog: watchdog, timer: self.group.next(), logger: self.logger,
                makeShard: self.makeShard, dialPacer: self.dialPacer, clock: self.clock)
            tasks.addTask { [inbox = loop.inbox] in
                try? await gracefulShutdown()  // or cancelled, which means the same
                inbox.post(.stopRequested)
            }
            tasks.addTask { await FreeHeap.giveBackWhileRunning() }
            let end = await loop.run(in: &tasks)
            watchdog.set(self.clock() + .seconds(5))  // what is left takes milliseconds; shards of a refused worker still flush
            tasks.cancelAll()
            return (end, loop.counters)
        }
        await writer.close()
        watchdog.stop()
        self.logger.notice(
            "Worker stopped",
            metadata: counters.metadata.merging([LogKey.stableID: "\(self.settings.stableID)", LogKey.events: "\(writer.acceptedEvents)"]) { $1 })
        switch end {
        case .stopped: break
        case .refused(let reason): throw WorkerError.refused(reason)
        case .overdue(let shards): throw WorkerError.stopOverdue(shards: shards)
        }
    }
}
