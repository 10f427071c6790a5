/// An error that an operator can act on: what happened, why, and how to fix it.
///
/// A subcommand that ends with one prints a single line and exits with code 2.
public protocol OperatorError: Error, CustomStringConvertible, Sendable {
    /// What happened, why, and what to do about it; each reads on after the one before.
    var explanation: (what: String, why: String, fix: String) { get }
}

extension OperatorError {
    public var description: String {
        let (what, why, fix) = self.explanation
        return "\(what): \(why). Fix: \(fix)."
    }
}

/// An `OperatorError` of one place, which nobody needs to tell from others.
public struct OperatorMistake: OperatorError, Hashable {
    /// What happened.
    public var what: String
    /// The reason, as a clause after "what: ".
    public var why: String
    /// What to do, as an imperative.
    public var fix: String

    /// The three parts, without full stops.
    public init(what: String, why: String, fix: String) {
        self.what = what
        self.why = why
        self.fix = fix
    }

    public var explanation: (what: String, why: String, fix: String) { (self.what, self.why, self.fix) }
}
