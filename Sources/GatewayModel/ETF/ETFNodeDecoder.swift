/// A node as a type's `init(from:)` sees it.
struct ETFNodeDecoder: Decoder, SingleValueDecodingContainer {
    let node: ETFNode

    var codingPath: [any CodingKey] { self.node.codingPath }
    var userInfo: [CodingUserInfoKey: Any] { self.node.document.userInfo }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(ETFKeyedContainer(node: self.node, fields: try self.node.fields()))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        ETFUnkeyedContainer(node: self.node, elements: try self.node.elements())
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { self }

    func decodeNil() -> Bool { self.node.isNull() }
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try self.node.decode(type) }
    func decode(_ type: Bool.Type) throws -> Bool { try self.node.bool() }
    func decode(_ type: String.Type) throws -> String { try self.node.string() }
    func decode(_ type: Double.Type) throws -> Double { try self.node.float(Double.self) }
    func decode(_ type: Float.Type) throws -> Float { try self.node.float(Float.self) }
    func decode(_ type: Int.Type) throws -> Int { try self.node.integer(Int.self) }
    func decode(_ type: Int8.Type) throws -> Int8 { try self.node.integer(Int8.self) }
    func decode(_ type: Int16.Type) throws -> Int16 { try self.node.integer(Int16.self) }
    func decode(_ type: Int32.Type) throws -> Int32 { try self.node.integer(Int32.self) }
    func decode(_ type: Int64.Type) throws -> Int64 { try self.node.integer(Int64.self) }
    func decode(_ type: UInt.Type) throws -> UInt { try self.node.integer(UInt.self) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try self.node.integer(UInt8.self) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try self.node.integer(UInt16.self) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try self.node.integer(UInt32.self) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try self.node.integer(UInt64.self) }
    func decode(_ type: Int128.Type) throws -> Int128 { try self.node.integer(Int128.self) }
    func decode(_ type: UInt128.Type) throws -> UInt128 { try self.node.integer(UInt128.self) }
}
