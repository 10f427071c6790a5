import Testing

@testable import GatewayClient

@Suite("Gateway URLs") struct GatewayURLTests {
    @Test(
        "get their query, whatever they look like",
        arguments: [
            ("wss://gateway.discord.gg", "gateway.discord.gg", 443, "/?v=10&encoding=json&compress=zlib-stream"),
            ("wss://gateway.discord.gg/", "gateway.discord.gg", 443, "/?v=10&encoding=json&compress=zlib-stream"),
            ("ws://127.0.0.1:7780/gateway", "127.0.0.1", 7780, "/gateway?v=10&encoding=json&compress=zlib-stream"),
            ("ws://[::1]:80/a?b=c#d", "::1", 80, "/a?b=c&v=10&encoding=json&compress=zlib-stream"),
        ]) func parts(text: String, host: String, port: Int, target: String)
    {
        let url = GatewayURL(text, compression: .zlibStream)
        #expect(url?.host == host)
        #expect(url?.port == port)
        #expect(url?.target == target)
    }

    @Test(
        "are refused where they are none",
        arguments: [
            "", "http://a", "wss://", "wss://a:0", "wss://a:65536", "wss://a:x", "wss://u@a", "wss://a b", "wss://a/\r\nX: y", "wss:///x", "wss://[::1",
        ])
    func refused(text: String) {
        #expect(GatewayURL(text, compression: .none) == nil)
    }
}
