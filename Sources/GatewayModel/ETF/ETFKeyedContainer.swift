/// A map's fields.
struct ETFKeyedContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let node: ETFNode
    let fields: [String: ETFPlace]

    var codingPath: [any CodingKey] { self.node.codingPath }
    var allKeys: [Key] { self.fields.keys.compactMap { Key(stringValue: $0) } }

    func contains(_ key: Key) -> Bool { self.fields[key.stringValue] != nil }
    func decodeNil(forKey key: Key) throws -> Bool { try self.node(key).isNull() }
    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value { try self.node(key).decode(type) }
    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try self.node(key).bool() }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try self.node(key).string() }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try self.node(key).float(Double.self) }
    func decode(_ type: Float.Type, forKey key: Key) throws -> Float { try self.node(key).float(Float.self) }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try self.node(key).integer(Int.self) }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try self.node(key).integer(Int8.self) }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try self.node(key).integer(Int16.self) }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try self.node(key).integer(Int32.self) }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try self.node(key).integer(Int64.self) }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try self.node(key).integer(UInt.self) }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try self.node(key).integer(UInt8.self) }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try self.node(key).integer(UInt16.self) }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try self.node(key).integer(UInt32.self) }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try self.node(key).integer(UInt64.self) }
    func decode(_ type: Int128.Type, forKey key: Key) throws -> Int128 { try self.node(key).integer(Int128.self) }
    func decode(_ type: UInt128.Type, forKey key: Key) throws -> UInt128 { try self.node(key).integer(UInt128.self) }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) throws -> KeyedDecodingContainer<Nested> {
        try ETFNodeDecoder(node: self.node(key)).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try ETFNodeDecoder(node: self.node(key)).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder { try self.decoder(at: ETFKey(stringValue: "super")) }
    func superDecoder(forKey key: Key) throws -> any Decoder { try self.decoder(at: key) }

    private func node(_ key: Key) throws -> ETFNode { try self.node(at: key) }
    private func decoder(at key: any CodingKey) throws -> any Decoder { ETFNodeDecoder(node: try self.node(at: key)) }

    private func node(at key: any CodingKey) throws -> ETFNode {
        guard let place = self.fields[key.stringValue] else {
            throw DecodingError.keyNotFound(
                key, DecodingError.Context(codingPath: self.codingPath, debugDescription: "the map has no key \(key.stringValue)"))
        }
        return self.node.child(place, at: key)
    }
}

/// A key that no type of the caller's names: an index, or `super`.
struct ETFKey: CodingKey {
    let stringValue: String
    let intValue: Int?

    init(stringValue: String) {
        self.stringValue = stringValue
        self.intValue = nil
    }

    init(intValue: Int) {
        self.stringValue = "Index \(intValue)"
        self.intValue = intValue
    }
}
