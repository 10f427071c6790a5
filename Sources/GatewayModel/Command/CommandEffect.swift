/// What the shell is to do, in this order. A command that was enqueued ends in exactly one of `sent`, `superseded` and `fail`.
package enum CommandEffect: Equatable, Sendable {
    /// Write it to the connection now, then answer `CommandQueue.written` or `writeFailed`. At most one is unanswered.
    case send(CommandID, GatewayCommand)
    /// It was written, or IDENTIFY took its presence along. Discord confirms no command.
    case sent(CommandID)
    /// A later presence came before this one was sent. As good as sent.
    case superseded(CommandID)
    case fail(CommandID, CommandError)
}
