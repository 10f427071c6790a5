import NIOCore
import NIOHTTP1

/// An answer of the simulator's HTTP side; `nil` where the connection is to end without one.
struct HTTPReply {
    var status: HTTPResponseStatus
    var contentType: String
    var body: [UInt8]
    /// Not sent before; `nil`: at once.
    var ready: EventLoopFuture<Void>?

    static func json(_ text: String, status: HTTPResponseStatus = .ok) -> HTTPReply {
        HTTPReply(status: status, contentType: "application/json", body: Array(text.utf8))
    }

    static func error(_ status: HTTPResponseStatus, _ message: String) -> HTTPReply {
        var json = JSONBytes(reserving: 128)
        json.raw("{\"message\":")
        json.text(message)
        json.raw(",\"code\":0}")
        return HTTPReply(status: status, contentType: "application/json", body: json.bytes)
    }
}
