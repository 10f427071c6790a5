import GatewayModel
import NIOCore
import NIOPosix
import NIOSSL

extension DialFailure {
    /// - Parameter error: what NIO, or our own dialer, failed a dial with.
    init(_ error: any Error) {
        self =
            switch error {
            case is WebSocketDialer.Failure: .upgrade
            case is OperatorMistake, is NIOSSLError, is NIOSSLExtraError: .tls
            case let error as NIOConnectionError: Self.kind(of: error)
            case ChannelError.connectTimeout: .timeout
            case is IOError: .connect
            default: .other
            }
    }

    /// Each address that the host has was tried.
    private static func kind(of error: NIOConnectionError) -> DialFailure {
        guard let last = error.connectionErrors.last else { return .resolve }
        if case ChannelError.connectTimeout = last.error { return .timeout }
        return .connect
    }
}
