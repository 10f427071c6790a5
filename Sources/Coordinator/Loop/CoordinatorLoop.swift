import AsyncAlgorithms
import ClusterModel
import GatewayModel
import Logging

/// Brings inputs to one machine and performs what it answers, in that order; decides nothing itself.
struct CoordinatorLoop: Sendable {
    let inbox: Inbox
    let alarm: Alarm
    let writer: StoreWriter
    let workers: WorkerStreams
    let desk: RequestDesk
    let board: StatusBoard
    /// One element asks for one `GET /gateway/bot`.
    let fetch: AsyncStream<Void>.Continuation
    let epoch: CoordinatorEpoch
    let logger: Logger

    /// How often a status is published at most.
    static let statusInterval = Duration.milliseconds(250)
    /// A machine that was asked to stop and has not ended by then is left.
    static let stopLimit = Duration.seconds(10)

    func run(_ machine: consuming any LeaderMachine) async -> StopReason {
        var machine = machine
        var nextStatus = BootClock.now
        var stopBy: Instant?
        self.arm(machine, nextStatus: nextStatus, stopBy: stopBy)

        for await event in self.inbox.events {
            let now = BootClock.now
            switch event {
            case .input(let input):
                if input == .stopRequested { stopBy = now + Self.stopLimit }
                if let reason = self.perform(machine.handle(input, at: now)) { return reason }
            case .wake:
                break
            case .deposed:
                return .deposed("the beat found another coordinator's epoch")
            }
            // After every event, so that a stream of messages cannot starve the clock.
            if let deadline = machine.deadline, deadline <= now, let reason = self.perform(machine.handle(.tick, at: now)) { return reason }
            if let stopBy, stopBy <= now {
                self.logger.warning("The cluster did not end in time: leaving it as it is stored")
                return .requested
            }
            if nextStatus <= now {
                self.board.publish(machine.status(at: now))
                nextStatus = now + Self.statusInterval
            }
            self.arm(machine, nextStatus: nextStatus, stopBy: stopBy)
        }
        return .requested
    }

    private func arm(_ machine: borrowing any LeaderMachine, nextStatus: Instant, stopBy: Instant?) {
        let now = BootClock.now
        // A deadline that a tick left standing rings a moment later, so that it cannot make the loop spin.
        let due = machine.deadline.map { max($0, now + .milliseconds(1)) }
        self.alarm.arm([due, nextStatus, stopBy].compactMap(\.self).min(), at: now)
    }

    private func perform(_ effects: [ClusterEffect]) -> StopReason? {
        for effect in effects {
            switch effect {
            case .tell(let connection, let message):
                self.workers.tell(connection, CoordinatorEnvelope(epoch: self.epoch, message: message))
            case .disconnect(let connection, let reason):
                self.workers.end(connection, reason: reason)
            case .commit(let id, let writes):
                self.writer.enqueue(.commit(id, writes))
            case .checkpoint(let rows):
                self.writer.enqueue(.checkpoint(rows))
            case .fetchGatewayInfo:
                self.fetch.yield()
            case .answer(let request, let answer):
                self.desk.answer(request, answer)
            case .note(let note):
                self.logger.log(
                    level: note.level.logLevel, "\(note.message)", metadata: note.detail.isEmpty ? nil : [LogKey.detail: "\(note.detail)"])
            case .stop(let reason):
                return reason
            }
        }
        return nil
    }
}

extension ClusterNote.Level {
    var logLevel: Logger.Level {
        switch self {
        case .debug: .debug
        case .notice: .notice
        case .warning: .warning
        case .error: .error
        }
    }
}
