import ClusterModel
public import GatewayModel

/// A control message that breaks the protocol. Its sender is disconnected; nothing of the message is used.
public enum ControlProtocolError: OperatorError, Equatable {
    /// The envelope names no message this version knows.
    case unknownMessage
    /// A field that must be there is not; its path, such as `renew.shards.lease`.
    case missing(field: String)
    /// A field holds what it must not; its path and what is wrong with it.
    case invalid(field: String, problem: String)

    public var explanation: (what: String, why: String, fix: String) {
        let why =
            switch self {
            case .unknownMessage: "it names no message of protocol version \(controlProtocolVersion)"
            case .missing(let field): "field `\(field)` is missing"
            case .invalid(let field, let problem): "field `\(field)` \(problem)"
            }
        return ("a control message was refused", why, "run the same muster version on coordinator and workers")
    }
}
