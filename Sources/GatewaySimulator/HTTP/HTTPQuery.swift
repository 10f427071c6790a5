import Foundation

/// Path and query of a request.
struct HTTPQuery {
    let path: String
    private let items: [(name: String, value: String)]

    init(uri: String) {
        let parts = uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let path = String(parts[0])
        self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        self.items =
            parts.count < 2
            ? []
            : parts[1].split(separator: "&").map { item in
                let pair = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                return (String(pair[0]), pair.count > 1 ? (String(pair[1]).removingPercentEncoding ?? String(pair[1])) : "")
            }
    }

    subscript(name: String) -> String? {
        self.items.first { $0.name == name }?.value
    }

    /// A name that none of `known` is; a request with a typo in it must not do half of what was meant.
    func unknownName(besides known: [String]) -> String? {
        self.items.first { !known.contains($0.name) }?.name
    }

    /// `nil`: absent.
    func number<Value: LosslessStringConvertible>(_ name: String, as _: Value.Type = Value.self) throws(BadRequest) -> Value? {
        guard let text = self[name] else { return nil }
        guard let value = Value(text) else { throw BadRequest(message: "\(name)=\(text) is no number of the right size") }
        return value
    }

    func choice<Value: RawRepresentable & CaseIterable>(_ name: String, as _: Value.Type = Value.self) throws(BadRequest) -> Value?
    where Value.RawValue == String {
        guard let text = self[name] else { return nil }
        guard let value = Value(rawValue: text) else {
            throw BadRequest(message: "\(name)=\(text) is none of \(Value.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return value
    }
}

/// 400: what is wrong with the request.
struct BadRequest: Error {
    var message: String
}
