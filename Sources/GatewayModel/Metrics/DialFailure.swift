/// Why a dial came to nothing, as far as it can be told apart. The whole reason is in the log.
package enum DialFailure: String, Hashable, Sendable, CaseIterable {
    /// There is no usable gateway URL.
    case url
    /// The host's name has no address.
    case resolve
    /// TCP was refused, or its host cannot be reached.
    case connect
    /// Nothing came in time.
    case timeout
    /// No TLS: most often a certificate that is not trusted.
    case tls
    /// The server answered, but not with a WebSocket.
    case upgrade
    case other
}
