/// What a term is, and where its content lies. Elements of a container follow as terms of their own.
enum ETFTerm: Equatable {
    /// The atoms `nil` and `null`.
    case null
    case bool(Bool)
    /// A binary, or an atom that means nothing by itself.
    case text(ETFText)
    case integer(Int64)
    /// Beyond `Int64`.
    case unsigned(UInt64)
    /// Beyond 64 bits, at most 255 bytes: the least significant one first, the last one not 0.
    case big(magnitude: Range<Int>, isNegative: Bool)
    /// Finite.
    case float(Double)
    /// `STRING_EXT`: a list of small integers, a byte each.
    case bytes(Range<Int>)
    case emptyList
    /// That many terms follow, then the tail `[]`.
    case list(count: Int)
    case tuple(count: Int)
    /// That many pairs of key and value follow.
    case map(count: Int)
}

/// Where a text lies. UTF-8, checked, unless it is an atom of the old kind with letters beyond ASCII.
struct ETFText: Equatable {
    var range: Range<Int>
    var isLatin1 = false
}
