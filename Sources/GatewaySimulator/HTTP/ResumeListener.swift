import NIOCore
import NIOPosix

/// The port of the resume URL, which can be closed and bound again.
final class ResumeListener {
    private let listener: Listener
    private let host: String
    private let port: Int
    private var channel: (any Channel)?
    private let loop: any EventLoop

    init(listener: Listener, host: String, port: Int, channel: any Channel) {
        self.listener = listener
        self.host = host
        self.port = port
        self.channel = channel
        self.loop = channel.eventLoop
    }

    /// Done when connections meet what they are to meet. Fails where another process has taken the port meanwhile.
    func set(isListening: Bool) -> EventLoopFuture<Void> {
        switch (self.channel, isListening) {
        case (nil, false), (.some, true): return self.loop.makeSucceededVoidFuture()
        case (.some(let channel), false):
            self.channel = nil
            return channel.close()
        case (nil, true):
            let bound = NIOLoopBound(self, eventLoop: self.loop)
            return self.listener.bootstrap(isResume: true).bind(host: self.host, port: self.port).hop(to: self.loop).map { bound.value.channel = $0 }
        }
    }
}
