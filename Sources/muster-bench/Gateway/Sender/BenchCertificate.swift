import Foundation
import NIOSSL

/// A self-signed certificate for `localhost`, made by openssl for one run of the benchmark.
struct BenchCertificate {
    let directory: String
    var certificatePath: String { "\(self.directory)/cert.pem" }
    private var keyPath: String { "\(self.directory)/key.pem" }

    init(directory: String) {
        self.directory = directory
    }

    /// Makes one in a new directory.
    static func make() throws -> BenchCertificate {
        let directory = FileManager.default.temporaryDirectory.appending(path: "muster-bench-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let certificate = BenchCertificate(directory: directory)
        let openssl = Process()
        openssl.executableURL = URL(filePath: "/usr/bin/env")
        openssl.arguments = [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost", "-keyout", certificate.keyPath, "-out", certificate.certificatePath,
        ]
        openssl.standardError = FileHandle.nullDevice
        openssl.standardOutput = FileHandle.nullDevice
        try openssl.run()
        openssl.waitUntilExit()
        guard openssl.terminationStatus == 0 else { throw BenchError.noCertificate }
        return certificate
    }

    func remove() {
        // One that stays is a file in the temporary directory.
        try? FileManager.default.removeItem(atPath: self.directory)
    }

    func serverContext() throws -> NIOSSLContext {
        let chain = try NIOSSLCertificate.fromPEMFile(self.certificatePath).map { NIOSSLCertificateSource.certificate($0) }
        return try NIOSSLContext(
            configuration: .makeServerConfiguration(certificateChain: chain, privateKey: .privateKey(NIOSSLPrivateKey(file: self.keyPath, format: .pem))))
    }

    func clientContext() throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .file(self.certificatePath)
        return try NIOSSLContext(configuration: configuration)
    }
}
