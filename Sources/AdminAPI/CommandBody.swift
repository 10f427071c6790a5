import GatewayModel

/// A JSON object that an HTTP client sent, read field by field; what is not known is refused.
struct CommandBody {
    private let fields: [String: PayloadValue]
    private let example: String

    /// - Parameter example: what is shown as the way to do it.
    init(_ json: [UInt8], example: String) throws(OperatorMistake) {
        let empty = CommandBody(fields: [:], example: example)
        let value: PayloadValue
        do {
            value = try PayloadValue(json: json)
        } catch {
            throw empty.mistake("the body cannot be read", "it is no JSON of objects with no key twice, lists, texts and whole numbers of 64 bits")
        }
        guard case .object(let fields) = value else { throw empty.mistake("the body cannot be read", "it is no JSON object") }
        self.init(fields: Dictionary(uniqueKeysWithValues: fields.map { ($0.key, $0.value) }), example: example)
    }

    private init(fields: [String: PayloadValue], example: String) {
        self.fields = fields
        self.example = example
    }

    /// `nil` also where it is null.
    subscript(_ name: String) -> PayloadValue? {
        guard let value = self.fields[name], value != .null else { return .none }
        return value
    }

    func allow(_ names: Set<String>) throws(OperatorMistake) {
        guard let unknown = self.fields.keys.sorted().first(where: { !names.contains($0) }) else { return }
        throw self.mistake("`\(unknown.prefix(50))` is not known", "the body may hold \(names.sorted().joined(separator: ", "))")
    }

    func integer(_ name: String) throws(OperatorMistake) -> Int? {
        switch self[name] {
        case nil: return nil
        case .integer(let number): return Int(number)
        default: throw self.mistake("`\(name)` cannot be used", "it must be a whole number")
        }
    }

    func string(_ name: String) throws(OperatorMistake) -> String? {
        switch self[name] {
        case nil: return nil
        case .string(let text): return text
        default: throw self.mistake("`\(name)` cannot be used", "it must be a text")
        }
    }

    func shards(_ value: PayloadValue) throws(OperatorMistake) -> [ShardID] {
        guard case .array(let values) = value else { throw self.mistake("`shards` cannot be used", "it must be a list of shard ids") }
        var shards: [ShardID] = []
        for value in values {
            guard case .integer(let number) = value else { throw self.mistake("`shards` cannot be used", "a shard id is a whole number") }
            shards.append(ShardID(Int(number)))
        }
        return shards
    }

    func mistake(_ what: String, _ why: String) -> OperatorMistake {
        OperatorMistake(what: what, why: why, fix: "send a body such as \(self.example)")
    }
}
