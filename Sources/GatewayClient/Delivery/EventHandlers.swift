public import GatewayModel

/// Closures by event type, as the consumer of a group's events: for bots that need no more than a table.
///
/// ```swift
/// var handlers = EventHandlers()
/// handlers.on(.messageCreate) { dispatch in … }
/// handlers.onLifecycle { event in … }
/// try await handlers.consume(group.events)
/// ```
///
/// They are called one after the other, in order of arrival; an event is taken when its handlers have returned. One that takes long holds everything up,
/// which pauses reading in time: start a task of your own for such work.
public struct EventHandlers: Sendable {
    /// An error ends `consume`.
    public typealias Handler = @Sendable (GatewayDispatch) async throws -> Void

    private var handlers: [EventType: [Handler]] = [:]
    private var fallback: Handler?
    private var lifecycle: [@Sendable (LifecycleEvent) async throws -> Void] = []

    /// None yet.
    public init() {}

    /// Adds a handler for a type. Those of one type are called in the order in which they were added.
    public mutating func on(_ types: EventType..., perform handler: @escaping Handler) {
        for type in types { self.handlers[type, default: []].append(handler) }
    }

    /// Sets what is called for types without a handler; at first nothing is.
    public mutating func otherwise(perform handler: @escaping Handler) {
        self.fallback = handler
    }

    /// Adds a handler for what happens to shards and group.
    public mutating func onLifecycle(perform handler: @escaping @Sendable (LifecycleEvent) async throws -> Void) {
        self.lifecycle.append(handler)
    }

    /// The types with a handler: with them as `wanted` of the shard configuration, everything else is dropped before it costs anything.
    public var types: EventSet { EventSet(self.handlers.keys) }

    /// Calls what is meant for this event.
    public func handle(_ event: GatewayEvent) async throws {
        switch event {
        case .dispatch(let dispatch):
            if let handlers = self.handlers[dispatch.type] {
                for handler in handlers { try await handler(dispatch) }
            } else {
                try await self.fallback?(dispatch)
            }
        case .lifecycle(let event):
            for handler in self.lifecycle { try await handler(event) }
        }
    }

    /// Handles events up to the end of the sequence, or up to the first error.
    public func consume(_ events: GatewayEvents) async throws {
        for await event in events { try await self.handle(event) }
    }
}
