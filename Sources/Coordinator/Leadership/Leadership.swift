import ClusterModel
import ClusterStore
import GatewayModel
import Logging

/// Wins, keeps and gives up the leadership of one application's cluster.
struct Leadership: Sendable {
    let store: any ClusterStore
    let application: ApplicationID
    /// Names this process in the leader row.
    let holder: String
    let timing: LeadershipTiming
    let logger: Logger

    /// Waits until this process leads.
    /// - Throws: an `OperatorError` where another coordinator leads and lives, and what the store throws.
    func campaign() async throws -> CoordinatorEpoch {
        let start = BootClock.now
        var first: LeaderBeat?
        var seen: LeaderBeat?
        var unchangedSince = start
        while true {
            let now = BootClock.now
            let dead = now - unchangedSince >= self.timing.silence ? seen : nil
            switch try await self.store.campaign(for: self.application, holder: self.holder, overriding: dead) {
            case .won(let epoch):
                return epoch
            case .held(let beat):
                if first == nil {
                    first = beat
                    self.logger.notice(
                        "Another coordinator led last: waiting until its silence proves that it is gone",
                        metadata: [LogKey.epoch: "\(beat.epoch)", LogKey.detail: "\(beat.holder)"])
                }
                if beat != seen {
                    seen = beat
                    unchangedSince = now
                }
                if beat != first, now - start >= self.timing.patience {
                    throw OperatorMistake(
                        what: "another coordinator leads application \(self.application)", why: "\(beat.holder) still gives signs of life",
                        fix: "stop that one first, or give this one another --store or --application")
                }
            }
            try await Task.sleep(for: self.timing.poll)
        }
    }

    /// Beats until deposed. A database that fails deposes nobody: the next beat tries again.
    func keep(_ epoch: CoordinatorEpoch) async throws {
        var failing = false
        while true {
            try await Task.sleep(for: self.timing.beat)
            do {
                guard try await self.store.beat(epoch: epoch, application: self.application) else { return }
                if failing { self.logger.notice("The leader's beat reaches the database again") }
                failing = false
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                if !failing { self.logger.warning("The leader's beat does not reach the database", metadata: [LogKey.reason: "\(error)"]) }
                failing = true
            }
        }
    }

    /// So that the next coordinator need not wait. Where it fails, that one waits.
    func resign(_ epoch: CoordinatorEpoch) async {
        do {
            try await self.store.resign(epoch: epoch, application: self.application)
        } catch is CancellationError {
            // The process ends in a hurry.
        } catch {
            self.logger.warning("Leadership could not be given up: the next coordinator waits", metadata: [LogKey.reason: "\(error)"])
        }
    }
}
