import GatewayModel
import Synchronization

/// Hands one shard's dispatches to a handler at once.
struct InlineOutlet: Sendable {
    let handler: any ShardHandler
    let lifecycle: @Sendable (LifecycleEvent) -> Void
    let acceptance: Acceptance

    /// - Parameter owner: hears of acceptance where the driver does not see it.
    func receive(_ dispatch: GatewayDispatch, for owner: ShardCell) -> Delivery {
        let delivery = self.handler.receive(dispatch)
        switch (delivery, self.acceptance) {
        case (.accepted, _), (.goOn, .automatic):
            owner.acceptedInline(dispatch.sequence)
            return .accepted
        case (.goOn, .manual), (.pauseReading, .manual): return delivery
        case (.pauseReading, .automatic):
            owner.accepted(EventPosition(sequence: dispatch.sequence, sessionID: dispatch.sessionID))
            return delivery
        }
    }
}
