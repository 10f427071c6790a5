import ClusterModel
import Synchronization

/// Operators' requests that wait for the machine's answer. Each is answered exactly once: by the machine, by the time limit, or by the end.
final class RequestDesk: Sendable {
    /// Requests that may wait at once; more are refused.
    static let limit = 64

    private let state = Mutex(State())

    private struct State {
        var nextID = 1
        var open: [RequestID: Slot] = [:]
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
    func ask(_ hand: @Sendable @escaping (RequestID) async -> Void, limit: Duration) async -> OperatorAnswer {
        let reserved: Result<RequestID, Refusal> = self.state.withLock { state in
            if state.closed { return .failure(Refusal(answer: Self.stopping)) }
            if state.open.count >= Self.limit { return .failure(Refusal(answer: .refused("\(Self.limit) requests wait already"))) }
            let id = RequestID(rawValue: state.nextID)
            state.nextID += 1
            state.open[id] = .reserved
            return .success(id)
        }
        let id: RequestID
        switch reserved {
        case .success(let reserved): id = reserved
        case .failure(let refusal): return refusal.answer
        }
        return await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await hand(id)
                try? await Task.sleep(for: limit)
                self.answer(id, .refused("no answer within \(limit): it may still be done, see `muster status`"))
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
        let open = self.state.withLock { state in
            state.closed = true
            return state.open.keys.map(\.self)
        }
        for id in open { self.answer(id, Self.stopping) }
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

    private static let stopping = OperatorAnswer.refused("the coordinator is stopping")
}
