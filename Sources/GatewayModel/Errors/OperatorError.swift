/// An error that an operator can act on: what happened, why, and how to fix it.
///
/// A subcommand that ends with one prints a single line and exits with code 2.
public protocol OperatorError: Error, CustomStringConvertible, Sendable {
    var explanation: (what: String, why: String, fix: String) { get }
}

extension OperatorError {
    public var description: String {
        let (what, why, fix) = self.explanation
        return "\(what): \(why). Fix: \(fix)."
    }
}

/// An `OperatorError` of one place, which nobody needs to tell from others.
public struct OperatorMistake: OperatorError, Equatable {
    public var what: String
    public var why: String
    public var fix: String

    public init(what: String, why: String, fix: String) {
        self.what = what
        self.why = why
        self.fix = fix
    }

    public var explanation: (what: String, why: String, fix: String) { (self.what, self.why, self.fix) }
}
