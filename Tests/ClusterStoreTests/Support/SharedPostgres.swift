import ClusterTestKit

/// One PostgreSQL for all tests of this process, started by the first that asks; each test has a database of its own in it.
actor SharedPostgres {
    private static let shared = SharedPostgres()

    private enum State {
        case none
        case starting([CheckedContinuation<PostgresServer, any Error>])
        case ended(Result<PostgresServer, any Error>)
    }
    private var state = State.none

    /// - Throws: `PostgresServerError`.
    static func server() async throws -> PostgresServer {
        try await self.shared.server()
    }

    private func server() async throws -> PostgresServer {
        switch self.state {
        case .ended(let result):
            return try result.get()
        case .starting:
            return try await withCheckedThrowingContinuation { continuation in
                guard case .starting(var waiting) = self.state else {
                    if case .ended(let result) = self.state { continuation.resume(with: result) }
                    return
                }
                waiting.append(continuation)
                self.state = .starting(waiting)
            }
        case .none:
            self.state = .starting([])
            let result: Result<PostgresServer, any Error>
            do { result = .success(try await PostgresServer.start()) } catch { result = .failure(error) }
            guard case .starting(let waiting) = self.state else { return try result.get() }
            self.state = .ended(result)
            for continuation in waiting { continuation.resume(with: result) }
            return try result.get()
        }
    }
}
