import GatewayModel
import NIOSSL

/// The simulator's own certificate.
enum ServerTLS {
    /// `nil` without files.
    static func load(certificateFile: String?, privateKeyFile: String?) throws -> NIOSSLContext? {
        switch (certificateFile, privateKeyFile) {
        case (nil, nil): return nil
        case (.some(let certificate), .some(let key)):
            do {
                let chain = try NIOSSLCertificate.fromPEMFile(certificate).map { NIOSSLCertificateSource.certificate($0) }
                let privateKey = NIOSSLPrivateKeySource.privateKey(try NIOSSLPrivateKey(file: key, format: .pem))
                return try NIOSSLContext(configuration: .makeServerConfiguration(certificateChain: chain, privateKey: privateKey))
            } catch {
                throw OperatorMistake(
                    what: "cannot use certificate \(certificate) with key \(key)", why: "\(error)", fix: "give two PEM files that belong together")
            }
        case (.some, nil), (nil, .some):
            throw OperatorMistake(
                what: "TLS is half configured", why: "a certificate and its key are needed", fix: "give both `--tls-certificate` and `--tls-key`")
        }
    }
}
