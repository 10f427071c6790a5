/// What the shell is to do, in this order. A request ends in exactly one of `complete` and `fail`.
package enum MemberRequestEffect<Chunk: Sendable>: Sendable {
    /// Give it to the `CommandQueue` under this id, and its result to `MemberRequests.sent` or `sendFailed`.
    case send(CommandID, GatewayCommand, deadline: Instant)
    /// `CommandQueue.cancel`: nobody waits for what it would ask any more. Its result may be told or not.
    case withdraw(CommandID)
    /// Every chunk, by rising index.
    case complete(CommandID, [Chunk])
    case fail(CommandID, CommandError)
}

extension MemberRequestEffect: Equatable where Chunk: Equatable {}
