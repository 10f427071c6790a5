extension Presence {
    /// Reads what `data` writes: `d` of op 3. What is left out has its usual value; what is not known is refused.
    ///
    /// - Throws: `OperatorMistake`, which names the field. What Discord would not show is for `GatewayCommand.check`.
    package init(payload: PayloadValue) throws(OperatorMistake) {
        self.init()
        for field in try Self.fields(of: payload, "a presence") {
            switch (field.key, field.value) {
            case ("since", .null): self.since = nil
            case ("since", .integer(let since)): self.since = since
            case ("activities", .array(let values)):
                self.activities = []
                for value in values { self.activities.append(try Activity(payload: value)) }
            case ("status", .string(let name)):
                guard let status = Status(rawValue: name) else {
                    throw Self.mistake("`status` is \"\(name.prefix(50))\"", "a presence has one of \(Status.allCases.map(\.rawValue).joined(separator: ", "))")
                }
                self.status = status
            case ("afk", .bool(let afk)): self.afk = afk
            default: throw Self.mistake("`\(field.key.prefix(50))` cannot be used", "a presence has since, activities, status and afk, each of its own type")
            }
        }
    }

    fileprivate static func fields(of payload: PayloadValue, _ what: String) throws(OperatorMistake) -> [PayloadValue.Field] {
        guard case .object(let fields) = payload else { throw self.mistake("\(what) is no object", "its fields are named") }
        return fields
    }

    fileprivate static func mistake(_ what: String, _ why: String) -> OperatorMistake {
        OperatorMistake(what: what, why: why, fix: #"give one such as {"status": "online", "activities": [{"name": "chess", "type": 0}]}"#)
    }
}

extension Activity {
    fileprivate init(payload: PayloadValue) throws(OperatorMistake) {
        self.init(name: "")
        for field in try Presence.fields(of: payload, "an activity") {
            switch (field.key, field.value) {
            case ("name", .string(let name)): self.name = name
            case ("type", .integer(let type)): self.kind = Kind(rawValue: Int(type))
            case ("state", .null): self.state = nil
            case ("state", .string(let state)): self.state = state
            case ("url", .null): self.url = nil
            case ("url", .string(let url)): self.url = url
            default: throw Presence.mistake("`\(field.key.prefix(50))` cannot be used", "an activity has name, type, state and url, each of its own type")
            }
        }
    }
}
