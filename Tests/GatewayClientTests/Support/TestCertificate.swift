import Foundation
import NIOSSL

/// A self-signed certificate for `localhost`, made by openssl for one test.
struct TestCertificate {
    let directory: URL
    var certificatePath: String { self.directory.appending(path: "cert.pem").path }
    private var keyPath: String { self.directory.appending(path: "key.pem").path }

    init() throws {
        self.directory = FileManager.default.temporaryDirectory.appending(path: "muster-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: self.directory, withIntermediateDirectories: true)
        let openssl = Process()
        openssl.executableURL = URL(filePath: "/usr/bin/openssl")
        openssl.arguments = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
            "subjectAltName=DNS:localhost", "-keyout", self.keyPath, "-out", self.certificatePath,
        ]
        openssl.standardError = FileHandle.nullDevice
        openssl.standardOutput = FileHandle.nullDevice
        try openssl.run()
        openssl.waitUntilExit()
    }

    func remove() {
        try? FileManager.default.removeItem(at: self.directory)
    }

    func serverContext() throws -> NIOSSLContext {
        let chain = try NIOSSLCertificate.fromPEMFile(self.certificatePath).map { NIOSSLCertificateSource.certificate($0) }
        return try NIOSSLContext(
            configuration: .makeServerConfiguration(certificateChain: chain, privateKey: .privateKey(NIOSSLPrivateKey(file: self.keyPath, format: .pem))))
    }
}
