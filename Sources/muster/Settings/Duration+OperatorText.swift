extension Duration {
    /// Reads `250ms`, `30s`, `10m`, `2h`; `nil` for anything else, or beyond a year.
    init?(operatorText text: String) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int64(digits) else { return nil }
        let milliseconds: Int64
        switch text.dropFirst(digits.count) {
        case "ms": milliseconds = 1
        case "s": milliseconds = 1000
        case "m": milliseconds = 60_000
        case "h": milliseconds = 3_600_000
        default: return nil
        }
        let (total, overflow) = number.multipliedReportingOverflow(by: milliseconds)
        guard !overflow, total <= 366 * 24 * 3_600_000 else { return nil }
        self = .milliseconds(total)
    }
}
