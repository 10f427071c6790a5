/// What Discord leaves open, or does now this way and now that, where it sends ETF.
struct ETFStyle: Hashable {
    /// Ids as 64-bit integers; else as binaries of digits.
    var idsAreIntegers: Bool
    /// Atoms as ATOM_EXT (100), as before Erlang/OTP 26; else as SMALL_ATOM_UTF8_EXT (119).
    var atomsAreOld: Bool

    /// The style of a connection: both kinds of atoms are met, and with `mixed` both kinds of ids.
    init(ids: ETFIDs, connection: Int64) {
        self.atomsAreOld = connection.isMultiple(of: 2)
        switch ids {
        case .integers: self.idsAreIntegers = true
        case .strings: self.idsAreIntegers = false
        case .mixed: self.idsAreIntegers = connection & 2 == 0
        }
    }
}

/// How ids go to clients that speak ETF.
public enum ETFIDs: String, Hashable, Sendable, CaseIterable {
    case integers
    case strings
    /// Integers on half of the connections, texts on the others.
    case mixed
}
