/// How a command, or a request for members, ended.
package enum CommandOutcome: String, Hashable, Sendable, CaseIterable {
    /// It was written.
    case sent
    /// A later presence took its place.
    case superseded
    /// The whole answer came.
    case answered
    // Those of `CommandError`.
    case invalid, notConnected, rateLimited, tooLarge, queueFull, cancelled, timedOut, nonceInUse, answerTooLarge, badAnswer

    package init(_ error: CommandError) {
        self =
            switch error {
            case .invalid: .invalid
            case .notConnected: .notConnected
            case .rateLimited: .rateLimited
            case .tooLarge: .tooLarge
            case .queueFull: .queueFull
            case .cancelled: .cancelled
            case .timedOut: .timedOut
            case .nonceInUse: .nonceInUse
            case .answerTooLarge: .answerTooLarge
            case .badAnswer: .badAnswer
            }
    }

    /// What can become of a command.
    package static let ofCommands: [CommandOutcome] = [.sent, .superseded, .invalid, .notConnected, .rateLimited, .tooLarge, .queueFull, .cancelled]

    /// What can become of a request for members, whose payloads are commands too.
    package static let ofMemberRequests: [CommandOutcome] = [
        .answered, .invalid, .notConnected, .rateLimited, .tooLarge, .queueFull, .cancelled, .timedOut, .nonceInUse, .answerTooLarge, .badAnswer,
    ]
}
