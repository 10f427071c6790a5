public import ClusterModel
public import ClusterStore
import GatewayModel

/// What an operator may see and ask of a running coordinator.
public struct OperatorDesk: Sendable {
    let inbox = Inbox()
    let requests = RequestDesk()
    let board = StatusBoard()
    private let application: ApplicationID
    private let store: any ClusterStore

    init(application: ApplicationID, store: any ClusterStore) {
        self.application = application
        self.store = store
    }

    /// The last published view, at most a quarter of a second old while anything happens; `nil` until this coordinator leads.
    public var status: ClusterStatus? { self.board.status }

    /// Brings a request to the cluster and waits for its answer, 30 s at most.
    public func ask(_ request: OperatorRequest) async -> OperatorAnswer {
        guard self.status != nil else { return .refused("this coordinator does not lead yet") }
        let inbox = self.inbox
        return await self.requests.ask({ await inbox.send(.request($0, request)) }, limit: .seconds(30))
    }

    /// The newest first.
    /// - Parameter limit: in `1...1000`.
    public func history(limit: Int) async throws -> [HistoryLine] {
        try await self.store.history(of: self.application, limit: limit)
    }

    func close() {
        self.inbox.finish()
        self.requests.close()
    }
}
