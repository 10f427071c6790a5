/// A set of event types that is asked for every received event: a bit for each documented type, and the names of any others.
public struct EventSet: Hashable, Sendable {
    private var known: UInt128 = 0
    private var unknownNames: Set<String> = []

    /// The empty set.
    public init() {}

    /// The types of a sequence; repeated ones count once.
    public init(_ types: some Sequence<EventType>) {
        for type in types { self.insert(type) }
    }

    /// Every type that Discord documents. A type that it adds tomorrow is not in it.
    public static let all = EventSet(EventType.all)

    /// Whether a type is in it: one bit test for a documented type.
    public func contains(_ type: EventType) -> Bool {
        type.isKnown ? self.containsKnown(type.index) : self.unknownNames.contains(type.rawValue)
    }

    /// Whether the type of these bytes of `t` is in it, for pruning before anything else is looked at. Allocates only for an undocumented name in a set
    /// that has undocumented names.
    public func contains(interning bytes: UnsafeRawBufferPointer) -> Bool {
        let index = EventTable.index(of: bytes)
        if index != EventTable.unknown { return self.containsKnown(index) }
        return !self.unknownNames.isEmpty && self.unknownNames.contains(String(decoding: bytes, as: UTF8.self))
    }

    /// Adds a type.
    public mutating func insert(_ type: EventType) {
        if type.isKnown { self.known |= 1 << UInt128(type.index) } else { self.unknownNames.insert(type.rawValue) }
    }

    /// Takes a type out.
    public mutating func remove(_ type: EventType) {
        if type.isKnown { self.known &= ~(1 << UInt128(type.index)) } else { self.unknownNames.remove(type.rawValue) }
    }

    /// What is in either.
    public func union(_ other: EventSet) -> EventSet {
        var union = self
        union.known |= other.known
        union.unknownNames.formUnion(other.unknownNames)
        return union
    }

    /// Whether nothing is in it.
    public var isEmpty: Bool { self.known == 0 && self.unknownNames.isEmpty }

    /// Number of types.
    public var count: Int { self.known.nonzeroBitCount + self.unknownNames.count }

    /// Its types: the documented ones in the order of `EventType.all`, then the others by name.
    public var types: [EventType] {
        EventType.all.filter { self.containsKnown($0.index) } + self.unknownNames.sorted().map(EventType.init(rawValue:))
    }

    private func containsKnown(_ index: UInt8) -> Bool {
        self.known >> UInt128(index) & 1 != 0
    }
}

extension EventSet: ExpressibleByArrayLiteral {
    /// The types of a literal such as `[.messageCreate, "SOMETHING_NEW"]`.
    public init(arrayLiteral types: EventType...) {
        self.init(types)
    }
}

extension EventSet: CustomStringConvertible {
    /// The names, joined by commas.
    public var description: String { self.types.map(\.rawValue).joined(separator: ",") }
}
