import ClusterModel
import ControlProtocol
import GRPCCore
import GatewayModel
import Logging
import Synchronization

/// One worker's stream: its messages to the inbox, its outbox to the wire, until either side ends it or the worker is silent too long.
struct ControlService: Wire.Control.SimpleServiceProtocol {
    let streams: WorkerStreams
    let inbox: Inbox
    /// A dead peer is never closed by gRPC's server, so each stream has a deadline of its own: the coordinator's lease.
    let silenceLimit: Duration
    let logger: Logger

    func session(
        request: RPCAsyncSequence<Wire.WorkerEnvelope, any Error>, response: RPCWriter<Wire.CoordinatorEnvelope>, context: ServerContext
    ) async throws {
        guard let (id, outbox) = self.streams.open() else {
            throw RPCError(code: .resourceExhausted, message: "too many workers, or the coordinator is stopping")
        }
        var logger = self.logger
        logger[metadataKey: LogKey.connection] = "\(id)"
        logger[metadataKey: LogKey.peer] = "\(context.remotePeer)"
        let end = await self.serve(id, outbox, request, response)
        self.streams.close(id)
        await self.inbox.send(.closed(id))
        switch end {
        case .byWorker:
            logger.debug("A worker ended its stream")
        case .ended(let reason):
            logger.debug("A worker's stream was ended", metadata: [LogKey.reason: "\(reason)"])
        case .broken(let reason):
            logger.notice("A worker's stream broke", metadata: [LogKey.reason: "\(reason)"])
            throw RPCError(code: .unavailable, message: "stream broken")
        case .refused(let error):
            logger.warning("A worker's message was refused", metadata: [LogKey.reason: "\(error)"])
            throw RPCError(code: .invalidArgument, message: "\(error)")
        case .silent:
            logger.notice("A worker was silent too long: its stream is closed")
            throw RPCError(code: .deadlineExceeded, message: "silent for \(self.silenceLimit)")
        case .overflow:
            logger.warning("A worker does not answer what it is told: its stream is closed")
            throw RPCError(code: .resourceExhausted, message: "too many messages without an answer")
        }
    }

    private enum End: Sendable {
        case byWorker
        case ended(reason: String)
        case broken(reason: String)
        case refused(ControlProtocolError)
        case silent
        case overflow
    }

    /// The first of reader, writer and silence decides how it ended.
    private func serve(
        _ id: ConnectionID, _ outbox: Outbox, _ request: RPCAsyncSequence<Wire.WorkerEnvelope, any Error>, _ response: RPCWriter<Wire.CoordinatorEnvelope>
    ) async -> End {
        let heard = LastHeard()
        return await withTaskGroup(of: End.self) { group in
            group.addTask { await self.read(id, outbox, heard, request) }
            group.addTask {
                do {
                    let end = try await outbox.drain { batch in try await response.write(contentsOf: batch.map(\.encoded)) }
                    switch end {
                    case .ended(let reason): return .ended(reason: reason)
                    case .overflow: return .overflow
                    }
                } catch {
                    return .broken(reason: "\(error)")
                }
            }
            group.addTask {
                while !Task.isCancelled {
                    let silentAt = heard.at + self.silenceLimit
                    let left = silentAt - BootClock.now
                    guard left > .zero else { return .silent }
                    try? await Task.sleep(for: left)
                }
                return .broken(reason: "cancelled")
            }
            let end = await group.next() ?? .broken(reason: "nothing ran")
            group.cancelAll()
            return end
        }
    }

    private func read(
        _ id: ConnectionID, _ outbox: Outbox, _ heard: LastHeard, _ request: RPCAsyncSequence<Wire.WorkerEnvelope, any Error>
    ) async -> End {
        do {
            for try await envelope in request {
                heard.touch()
                let message: WorkerMessage
                do {
                    message = try WorkerMessage(decoding: envelope)
                } catch {
                    return .refused(error)
                }
                if case .hello(let hello) = message { outbox.heard(capacity: hello.capacity) } else { outbox.heard(capacity: nil) }
                await self.inbox.send(.message(id, message))
            }
            return .byWorker
        } catch {
            return .broken(reason: "\(error)")
        }
    }
}

/// When a stream's worker was heard last.
private final class LastHeard: Sendable {
    private let last = Mutex(BootClock.now)

    var at: Instant { self.last.withLock { $0 } }

    func touch() {
        self.last.withLock { $0 = BootClock.now }
    }
}
