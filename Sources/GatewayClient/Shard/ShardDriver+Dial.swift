import GatewayModel
import NIOCore

// From a URL to a WebSocket, and its end.
extension ShardDriver {
    func dial(_ text: String) {
        self.attempt += 1
        let attempt = self.attempt
        self.connection = nil
        self.isDialing = true
        self.handle(.readingPaused(false))
        guard let url = self.gatewayURL(text) else { return self.dialFailed(.url, reason: "no usable gateway URL: \(text)") }
        let bound = NIOLoopBound(self, eventLoop: self.eventLoop)
        let dialer = WebSocketDialer(
            eventLoop: self.eventLoop, trust: self.configuration.trust, maxMessageBytes: self.configuration.limits.maxMessageBytes)
        dialer.dial(url) { channel in
            bound.value.opened(channel, attempt)
        } upgraded: { channel in
            try bound.value.upgraded(channel, attempt)
        }.whenFailure { error in
            bound.value.failed(error, attempt)
        }
    }

    private func gatewayURL(_ text: String) -> GatewayURL? {
        GatewayURL(text, encoding: self.configuration.encoding, compression: self.configuration.compression)
    }

    private func opened(_ channel: any Channel, _ attempt: Int) {
        guard attempt == self.attempt else { return channel.close(promise: nil) }
        self.dialing.append(channel)
    }

    private func upgraded(_ channel: any Channel, _ attempt: Int) throws {
        guard attempt == self.attempt, self.connection == nil else { return channel.close(promise: nil) }
        let inflater = try PayloadInflater(
            compression: self.configuration.compression, limits: self.configuration.limits, pool: .ofThisThread)
        let connection = WebSocketConnection(owner: self, maxMessageBytes: self.configuration.limits.maxMessageBytes)
        try channel.pipeline.syncOperations.addHandler(connection)
        self.dialing = []
        self.isDialing = false
        self.connection = connection
        self.inflater = inflater
        self.commands.connectionOpened()
        self.handle(.connected)
    }

    private func failed(_ error: any Error, _ attempt: Int) {
        guard attempt == self.attempt, self.connection == nil else { return }
        self.abandonDial()
        self.dialFailed(DialFailure(error), reason: "\(error)")
    }

    private func dialFailed(_ failure: DialFailure, reason: String) {
        self.tally.dialFailed(failure)
        self.handle(.failedToConnect(reason: reason))
    }

    func drop() {
        self.attempt += 1
        self.abandonDial()
        self.connection?.drop()
        self.connection = nil
        self.inflater = nil
    }

    private func abandonDial() {
        for channel in self.dialing { channel.close(promise: nil) }
        self.dialing = []
    }

    /// Of a resume URL; what the coordinator stores is bounded by the same.
    private static let maxResumeURLBytes = 2048

    /// A resume URL that cannot be dialed, or that is too long, or that would carry the token unencrypted where the base URL does not, is replaced by the base URL.
    func usable(_ resumeGatewayURL: String) -> String {
        guard resumeGatewayURL.utf8.count <= Self.maxResumeURLBytes, let base = self.gatewayURL(self.configuration.gatewayURL),
            let resume = self.gatewayURL(resumeGatewayURL), resume.isTLS || !base.isTLS
        else { return self.configuration.gatewayURL }
        return resumeGatewayURL
    }
}
