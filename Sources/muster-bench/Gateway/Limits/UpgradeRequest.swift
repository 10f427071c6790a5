/// What a client says that is no library: enough for the sender.
enum UpgradeRequest {
    static let text = """
        GET / HTTP/1.1\r
        Host: localhost\r
        Upgrade: websocket\r
        Connection: Upgrade\r
        Sec-WebSocket-Version: 13\r
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
        \r\n
        """

    /// A masked text frame; the sender only sees that something came.
    static let identifyFrame: [UInt8] = [0x81, 0x82, 0, 0, 0, 0] + Array("{}".utf8)
}
