public import GatewayModel
import NIOSSL
import Synchronization

/// Whose certificates a `wss://` or `https://` peer may show.
public enum GatewayTrust: Hashable, Sendable {
    /// The system's roots.
    case system
    /// Only the certificates of this PEM file.
    case file(String)
}

extension GatewayTrust {
    /// Reads the file, if any: for one clear line at start instead of a failing dial later.
    public func check() throws(OperatorMistake) {
        guard case .file(let path) = self else { return }
        let certificates: [NIOSSLCertificate]
        do {
            certificates = try NIOSSLCertificate.fromPEMFile(path)
        } catch {
            throw OperatorMistake(
                what: "cannot use the CA file \(path)", why: "\(error)", fix: "name a readable PEM file with the certificates that may sign the server's")
        }
        guard !certificates.isEmpty else {
            throw OperatorMistake(what: "cannot use the CA file \(path)", why: "it holds no certificate", fix: "name a PEM file with at least one")
        }
    }

    var tlsConfiguration: TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        if case .file(let path) = self { configuration.trustRoots = .file(path) }
        configuration.minimumTLSVersion = .tlsv12
        return configuration
    }

    /// One context serves all shards of a process: loading the roots takes milliseconds and megabytes.
    func context() throws -> NIOSSLContext {
        try Self.contexts.withLock { contexts in
            if let context = contexts[self] { return context }
            let context = try NIOSSLContext(configuration: self.tlsConfiguration)
            contexts[self] = context
            return context
        }
    }

    private static let contexts = Mutex<[GatewayTrust: NIOSSLContext]>([:])
}
