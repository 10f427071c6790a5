/// A payload before its encoding is chosen. Holes are filled anew for each event, without changing its size.
indirect enum Term {
    case null
    case bool(Bool)
    case integer(Int)
    case string(String)
    /// An atom in ETF, a string in JSON.
    case name(String)
    case array([Term])
    case object([(String, Term)])
    case hole(Hole.Kind)
}

struct Hole {
    enum Kind {
        case sequence
        /// A snowflake: a string of 19 digits in JSON, an integer of 64 bits in ETF.
        case id
        /// Words separated by spaces: this many bytes.
        case text(bytes: Int)
        /// Six digits of microseconds.
        case microseconds
    }

    /// How the value is written.
    enum Form {
        case digits, bigEndian, littleEndian, words
    }

    var form: Form
    var isSequence = false
    var range: Range<Int>
}
