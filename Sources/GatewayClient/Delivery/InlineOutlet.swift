import GatewayModel
import NIOCore

/// Hands one shard's dispatches to a handler at once. Where acceptance is automatic, the last one is reported once in a turn of the event loop.
struct InlineOutlet: Sendable {
    let handler: any ShardHandler
    let lifecycle: @Sendable (LifecycleEvent) -> Void
    let acceptance: Acceptance
    let eventLoop: any EventLoop
    private let state: NIOLoopBoundBox<State>

    private struct State {
        var last: EventPosition?
        var isReportDue = false
    }

    init(
        handler: any ShardHandler, lifecycle: @escaping @Sendable (LifecycleEvent) -> Void, acceptance: Acceptance, eventLoop: any EventLoop
    ) {
        self.handler = handler
        self.lifecycle = lifecycle
        self.acceptance = acceptance
        self.eventLoop = eventLoop
        self.state = .makeBoxSendingValue(State(), eventLoop: eventLoop)
    }

    func receive(_ dispatch: GatewayDispatch, reportingTo owner: any EventLaneOwner) -> Delivery {
        let delivery = self.handler.receive(dispatch)
        guard self.acceptance == .automatic else { return delivery }
        self.state.value.last = EventPosition(sequence: dispatch.sequence, sessionID: dispatch.sessionID)
        if !self.state.value.isReportDue {
            self.state.value.isReportDue = true
            self.eventLoop.execute { self.report(to: owner) }
        }
        return delivery
    }

    /// Also before a shard's end, so that nothing which the handler has comes again.
    func report(to owner: any EventLaneOwner) {
        self.state.value.isReportDue = false
        guard let last = self.state.value.last.take() else { return }
        owner.accepted(last)
    }
}
