/// What is left of an element that may not be what we expect.
private struct Lenient<Value: Decodable>: Decodable {
    let value: Value?

    init(from decoder: any Decoder) {
        self.value = try? Value(from: decoder)
    }
}

extension KeyedDecodingContainer {
    /// The field, or `nil` where it is missing, null, or of another kind: Discord may change any field at any time.
    func lenient<Value: Decodable>(_ key: Key, as type: Value.Type = Value.self) -> Value? {
        (try? self.decodeIfPresent(type, forKey: key)) ?? nil
    }

    /// The elements that can be read; none where the field is missing.
    func lenientList<Value: Decodable>(_ key: Key, as type: Value.Type = Value.self) -> [Value] {
        self.lenient(key, as: [Lenient<Value>].self)?.compactMap(\.value) ?? []
    }
}
