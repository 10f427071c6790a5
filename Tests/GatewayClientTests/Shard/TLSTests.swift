import GatewayClient
import GatewayModel
import Testing

@Suite("wss://", .timeLimit(.minutes(1))) struct TLSTests {
    @Test("works with a certificate of our own CA file, and with no other") func trust() async throws {
        let certificate = try TestCertificate()
        defer { certificate.remove() }
        var options = Rig.Options()
        options.tls = try certificate.serverContext()
        options.host = "localhost"
        for isTrusted in [true, false] {
            options.trust = isTrusted ? .file(certificate.certificatePath) : .system
            try await Rig.run(options) { peer, connection in
                try await peer.upgrade(with: [.text(Rig.hello)])
                try await peer.receive(op: 6)
                try await peer.send(Rig.resumed(11))
                try await peer.send(Rig.dispatch(12, data: "\"\(String(repeating: "z", count: 1 << 20))\""))
                await peer.drain()
            } body: { rig in
                if isTrusted {
                    await rig.wait(forDispatch: 12)
                } else {
                    await rig.recorder.wait { items in
                        items.contains { if case .event(.disconnected(_, let reason, _)) = $0 { reason.lowercased().contains("certificate") } else { false } }
                    }
                    #expect(rig.recorder.sequences == [])
                }
            }
        }
    }

    @Test("a CA file that cannot be used is said at once") func badFile() {
        #expect(throws: OperatorMistake.self) { try GatewayTrust.file("/nowhere/ca.pem").check() }
        #expect(throws: OperatorMistake.self) { try GatewayTrust.file("/dev/null").check() }
    }
}
