/// The elements of a list or a tuple.
struct ETFUnkeyedContainer: UnkeyedDecodingContainer {
    let node: ETFNode
    let elements: [ETFPlace]
    private(set) var currentIndex = 0

    init(node: ETFNode, elements: [ETFPlace]) {
        self.node = node
        self.elements = elements
    }

    var codingPath: [any CodingKey] { self.node.codingPath }
    var count: Int? { self.elements.count }
    var isAtEnd: Bool { self.currentIndex >= self.elements.count }

    /// Passes over an element only where it is null.
    mutating func decodeNil() throws -> Bool {
        guard try self.current(Never?.self).isNull() else { return false }
        self.currentIndex += 1
        return true
    }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try self.next(type) { try $0.decode(type) } }
    mutating func decode(_ type: Bool.Type) throws -> Bool { try self.next(type) { try $0.bool() } }
    mutating func decode(_ type: String.Type) throws -> String { try self.next(type) { try $0.string() } }
    mutating func decode(_ type: Double.Type) throws -> Double { try self.next(type) { try $0.float(Double.self) } }
    mutating func decode(_ type: Float.Type) throws -> Float { try self.next(type) { try $0.float(Float.self) } }
    mutating func decode(_ type: Int.Type) throws -> Int { try self.next(type) { try $0.integer(Int.self) } }
    mutating func decode(_ type: Int8.Type) throws -> Int8 { try self.next(type) { try $0.integer(Int8.self) } }
    mutating func decode(_ type: Int16.Type) throws -> Int16 { try self.next(type) { try $0.integer(Int16.self) } }
    mutating func decode(_ type: Int32.Type) throws -> Int32 { try self.next(type) { try $0.integer(Int32.self) } }
    mutating func decode(_ type: Int64.Type) throws -> Int64 { try self.next(type) { try $0.integer(Int64.self) } }
    mutating func decode(_ type: UInt.Type) throws -> UInt { try self.next(type) { try $0.integer(UInt.self) } }
    mutating func decode(_ type: UInt8.Type) throws -> UInt8 { try self.next(type) { try $0.integer(UInt8.self) } }
    mutating func decode(_ type: UInt16.Type) throws -> UInt16 { try self.next(type) { try $0.integer(UInt16.self) } }
    mutating func decode(_ type: UInt32.Type) throws -> UInt32 { try self.next(type) { try $0.integer(UInt32.self) } }
    mutating func decode(_ type: UInt64.Type) throws -> UInt64 { try self.next(type) { try $0.integer(UInt64.self) } }
    mutating func decode(_ type: Int128.Type) throws -> Int128 { try self.next(type) { try $0.integer(Int128.self) } }
    mutating func decode(_ type: UInt128.Type) throws -> UInt128 { try self.next(type) { try $0.integer(UInt128.self) } }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) throws -> KeyedDecodingContainer<Nested> {
        try self.next(type) { try ETFNodeDecoder(node: $0).container(keyedBy: type) }
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try self.next([Any].self) { try ETFNodeDecoder(node: $0).unkeyedContainer() }
    }

    mutating func superDecoder() throws -> any Decoder {
        try self.next((any Decoder).self) { ETFNodeDecoder(node: $0) }
    }

    private func current(_ type: Any.Type) throws -> ETFNode {
        let key = ETFKey(intValue: self.currentIndex)
        guard !self.isAtEnd else {
            throw DecodingError.valueNotFound(
                type, DecodingError.Context(codingPath: self.codingPath + [key], debugDescription: "the list has no more elements"))
        }
        return self.node.child(self.elements[self.currentIndex], at: key)
    }

    /// One that cannot be read is not passed over.
    private mutating func next<Value>(_ type: Any.Type, _ read: (ETFNode) throws -> Value) throws -> Value {
        let value = try read(self.current(type))
        self.currentIndex += 1
        return value
    }
}
