import ClusterModel
import GatewayModel
import Synchronization

/// Operators' requests that wait for the machine's answer. Each is answered exactly once: by the machine, by the time limit, or by the end.
final class RequestDesk: Sendable {
    /// How many of a kind may wait at once, how long, and what is said where there is no answer.
    struct Kind: Sendable {
        var name: String
        var bound: Int
        var limit: Duration
        var overdue: OperatorAnswer
        /// To one that waits when the coordinator ends: nobody knows what became of it.
        var ended: OperatorAnswer
        /// To one that comes later.
        var closed: OperatorAnswer

        /// What an operator asks for by hand.
        static let operation = Kind(
            name: "requests", bound: 64, limit: .seconds(30), overdue: .refused("no answer within 30 s: it may still be done, see `muster status`"),
            ended: .refused("the coordinator ended before it answered: it may still be done. Fix: see `muster status`."),
            closed: .refused("the coordinator is stopping"))

        /// As many as the cluster takes. The machine knows the deadline, and answers soon after it; this is for one that does not answer at all.
        static func command(within limit: Duration) -> Kind {
            Kind(
                name: "commands", bound: CommandBounds.total, limit: limit + CommandBounds.answerGrace + .seconds(3),
                overdue: .failed(.unknown("the coordinator did not say in time whether it was sent")),
                ended: .failed(.unknown("the coordinator ended before it answered")),
                closed: .failed(
                    .notRunning(OperatorMistake(what: "the command was not sent", why: "the coordinator is stopping", fix: "ask its successor"))))
        }

        /// What is said where as many wait as may.
        var full: OperatorAnswer {
            if case .failed = self.overdue { return .failed(.queueFull(limit: self.bound, of: .cluster)) }
            return .refused("\(self.bound) \(self.name) wait already. Fix: wait for an answer before asking for more.")
        }
    }

    private let state = Mutex(State())

    private struct State {
        var nextID = 1
        /// By the name of their kind.
        var counts: [String: Int] = [:]
        var open: [RequestID: Slot] = [:]
        /// What is said to each that is open where the coordinator ends.
        var endings: [RequestID: OperatorAnswer] = [:]
        var closed = false
    }

    private enum Slot {
        /// Numbered, its asker not yet waiting.
        case reserved
        case waiting(CheckedContinuation<OperatorAnswer, Never>)
        /// Answered before its asker waited.
        case answered(OperatorAnswer)
    }

    /// - Parameter hand: brings the request to the loop.
    func ask(_ kind: Kind = .operation, _ hand: @Sendable @escaping (RequestID) async -> Void) async -> OperatorAnswer {
        let reserved: Result<RequestID, Refusal> = self.state.withLock { state in
            if state.closed { return .failure(Refusal(answer: kind.closed)) }
            guard state.counts[kind.name, default: 0] < kind.bound else { return .failure(Refusal(answer: kind.full)) }
            state.counts[kind.name, default: 0] += 1
            let id = RequestID(rawValue: state.nextID)
            state.nextID += 1
            state.open[id] = .reserved
            state.endings[id] = kind.ended
            return .success(id)
        }
        let id: RequestID
        switch reserved {
        case .success(let reserved): id = reserved
        case .failure(let refusal): return refusal.answer
        }
        defer {
            self.state.withLock { state in
                state.counts[kind.name]! -= 1
                state.endings[id] = nil
            }
        }
        return await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await hand(id)
                // Cancelled once there is an answer; another one is ignored then.
                try? await Task.sleep(for: kind.limit)
                self.answer(id, kind.overdue)
            }
            let answer = await self.wait(id)
            group.cancelAll()
            return answer
        }
    }

    /// Ignored where the request has its answer.
    func answer(_ id: RequestID, _ answer: OperatorAnswer) {
        let waiting: CheckedContinuation<OperatorAnswer, Never>? = self.state.withLock { state in
            switch state.open[id] {
            case .reserved:
                state.open[id] = .answered(answer)
                return nil
            case .waiting(let continuation):
                state.open[id] = nil
                return continuation
            case .answered, nil:
                return nil
            }
        }
        waiting?.resume(returning: answer)
    }

    /// Answers all that wait, and refuses what comes later.
    func close() {
        let endings = self.state.withLock { state in
            state.closed = true
            return state.endings
        }
        for (id, ending) in endings { self.answer(id, ending) }
    }

    private func wait(_ id: RequestID) async -> OperatorAnswer {
        await withCheckedContinuation { continuation in
            let early: OperatorAnswer? = self.state.withLock { state in
                if case .answered(let answer) = state.open[id] {
                    state.open[id] = nil
                    return answer
                }
                state.open[id] = .waiting(continuation)
                return nil
            }
            if let early { continuation.resume(returning: early) }
        }
    }

    private struct Refusal: Error {
        var answer: OperatorAnswer
    }
}
