import SimulatedGateway

extension [GatewayOutput] {
    /// The chunks among the dispatches, in order.
    var chunks: [MembersChunk] {
        self.answers.compactMap {
            guard case .members(let chunk)? = $0 else { return nil }
            return chunk
        }
    }

    var rateLimits: [RateLimit] {
        self.answers.compactMap {
            guard case .rateLimited(let limit)? = $0 else { return nil }
            return limit
        }
    }

    private var answers: [Answer?] {
        self.compactMap {
            guard case .send(_, .dispatch(let dispatch)) = $0 else { return nil }
            return dispatch.event.answer
        }
    }
}
