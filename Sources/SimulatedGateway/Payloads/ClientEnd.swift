/// How a client's connection ended, as the gateway saw it.
public enum ClientEnd: Hashable, Sendable {
    /// A close frame. 1000 and 1001 end the session; every other code keeps it, detached. 1005 stands for a frame without code, which keeps it as well.
    case closeFrame(code: UInt16)
    /// FIN or RST without close frame, or the gateway dropped the connection itself: the session stays, detached.
    case transportEnded
}
