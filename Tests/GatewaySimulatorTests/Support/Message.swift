import Foundation

/// A gateway message as a client reads it.
struct Message: Sendable {
    let op: Int
    let type: String?
    let sequence: Int?
    let text: String

    struct NotJSON: Error {
        var text: String
    }

    init(_ bytes: [UInt8]) throws {
        self.text = String(decoding: bytes, as: UTF8.self)
        guard let object = try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any], let op = object["op"] as? Int else {
            throw NotJSON(text: self.text)
        }
        self.op = op
        self.type = object["t"] as? String
        self.sequence = object["s"] as? Int
    }

    /// A text or number in `d`.
    func field<Value>(_ name: String, as _: Value.Type = Value.self) -> Value? {
        let object = try? JSONSerialization.jsonObject(with: Data(self.text.utf8)) as? [String: Any]
        return (object?["d"] as? [String: Any])?[name] as? Value
    }

    /// The bytes of `d`.
    var body: Substring {
        let start = self.text.range(of: ",\"d\":")!.upperBound
        return self.text[start...].dropLast()
    }
}
