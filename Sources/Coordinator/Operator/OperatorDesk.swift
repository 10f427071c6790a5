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

    /// Brings a request to the cluster and waits for its answer, 30 s at most; for a command, 5 s longer than its own limit.
    public func ask(_ request: OperatorRequest) async -> OperatorAnswer {
        guard self.status != nil else { return .refused("this coordinator does not lead yet") }
        let inbox = self.inbox
        let kind: RequestDesk.Kind
        switch request {
        case .reshard, .openFloor, .presence: kind = .operation
        case .command(let command): kind = .command(within: command.limit)
        }
        return await self.requests.ask(kind) { await inbox.send(.request($0, request)) }
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
