/// One statement of a transaction, with parameters in text form.
struct PostgresStatement: Hashable, Sendable {
    var sql: String
    var parameters: [String?]
    /// How many rows it must find, insert or change, and what it means that there are fewer.
    var rows: Int
    var whenFewer: WhenFewer

    enum WhenFewer: Hashable, Sendable {
        case goOn
        /// Another coordinator leads.
        case deposed
        /// The transaction is refused, for this reason.
        case refuse(String)
    }

    init(_ sql: String, _ parameters: [String?] = [], rows: Int = 1, whenFewer: WhenFewer = .goOn) {
        self.sql = sql
        self.parameters = parameters
        self.rows = rows
        self.whenFewer = whenFewer
    }
}

/// What the server answered to one statement.
struct PostgresResult: Hashable, Sendable {
    var rows: [[String?]] = []
    /// Rows returned, inserted or changed.
    var count = 0
    /// `COMMIT`, `ROLLBACK`, `UPDATE 1`, …
    var tag = ""
    var error: ServerError?

    struct ServerError: Hashable, Sendable {
        /// Five characters; empty where the server gave none.
        var code: String
        var message: String
        /// The server ends the connection as well.
        var isFatal: Bool

        /// An integrity constraint was violated: the same again would be refused again.
        var isConstraint: Bool { self.code.hasPrefix("23") }
        var description: String { self.code.isEmpty ? self.message : "\(self.message) (\(self.code))" }
    }
}

/// A PostgreSQL array in text form, each element quoted.
enum PostgresArray {
    static func text(_ elements: some Sequence<String?>) -> String {
        var text = "{"
        for element in elements {
            if text.utf8.count > 1 { text += "," }
            guard let element else {
                text += "NULL"
                continue
            }
            text += "\""
            for character in element.unicodeScalars {
                if character == "\"" || character == "\\" { text += "\\" }
                text.unicodeScalars.append(character)
            }
            text += "\""
        }
        return text + "}"
    }

    static func text(_ elements: some Sequence<some BinaryInteger>) -> String {
        "{" + elements.map { String($0) }.joined(separator: ",") + "}"
    }
}
