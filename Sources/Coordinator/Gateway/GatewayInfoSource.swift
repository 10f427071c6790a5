public import ClusterModel
public import GatewayModel

/// Asks for `GET /gateway/bot`; tests script the answers.
public protocol GatewayInfoSource: Sendable {
    /// One request, bounded in time; `.gatewayInfo` or `.gatewayInfoFailed`.
    func fetch(token: Secret) async -> GatewayInfoAnswer
}

public enum GatewayInfoAnswer: Hashable, Sendable {
    case info(GatewayInfo)
    case failed(GatewayInfoFailure)
}
