/// Discord's `t`, the type of a dispatch, such as `MESSAGE_CREATE`.
///
/// The types that Discord documents are constants and one small number inside: comparing them is one comparison of integers, and making one out of
/// received bytes allocates nothing. Any other name is kept as it is, since Discord adds types any day and a library must not lose them.
/// Source: Discord docs, Gateway Events › Receive Events.
public struct EventType: Sendable {
    /// Its place in `all`; `EventTable.unknown` for a name that is not there. Stable within one build only.
    package let index: UInt8
    /// Empty where the index says it.
    private let unknownName: String

    init(known index: UInt8) {
        self.index = index
        self.unknownName = ""
    }

    private init(unknownName: String) {
        self.index = EventTable.unknown
        self.unknownName = unknownName
    }

    /// Reads the bytes of `t`: UTF-8, without quotes or escapes. A documented name costs a few nanoseconds and no allocation; another is copied.
    public init(interning bytes: UnsafeRawBufferPointer) {
        let index = EventTable.index(of: bytes)
        if index != EventTable.unknown { self.init(known: index) } else { self.init(unknownName: String(decoding: bytes, as: UTF8.self)) }
    }

    /// Every type that Discord documents, in the order of its documentation.
    public static let all: [EventType] = EventTable.names.indices.map { EventType(known: UInt8($0)) }

    /// Whether Discord documents it, so that the tables know its intents and where its guild id lies.
    public var isKnown: Bool { self.index != EventTable.unknown }
}

extension EventType: RawRepresentable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// - Parameter rawValue: any name, documented or not, in Discord's upper case.
    public init(rawValue: String) {
        var name = rawValue
        let index = name.withUTF8 { EventTable.index(of: UnsafeRawBufferPointer($0)) }
        if index != EventTable.unknown { self.init(known: index) } else { self.init(unknownName: name) }
    }

    /// The same as `init(rawValue:)`.
    public init(stringLiteral name: String) {
        self.init(rawValue: name)
    }

    /// Discord's name. Of a documented type it allocates nothing.
    public var rawValue: String { self.isKnown ? EventTable.names[Int(self.index)] : self.unknownName }

    /// The same as `rawValue`.
    public var description: String { self.rawValue }
}

// Not those that RawRepresentable lends, which compare the names. Codable is: one string.
extension EventType: Hashable, Codable {
    /// Whether they have the same name.
    public static func == (left: EventType, right: EventType) -> Bool {
        left.index == right.index && (left.isKnown || left.unknownName == right.unknownName)
    }

    /// The opposite of `==`.
    public static func != (left: EventType, right: EventType) -> Bool { !(left == right) }

    /// Feeds what `==` compares.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(self.index)
        if !self.isKnown { hasher.combine(self.unknownName) }
    }
}
