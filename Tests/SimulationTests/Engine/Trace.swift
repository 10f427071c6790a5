/// What happened, as a number that two runs of a seed must share, and as text where somebody reads it.
struct Trace {
    private(set) var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    private(set) var steps = 0
    /// Text is only made where this is set.
    let isReadable: Bool
    /// `true`: print each line at once; else only the last ones are kept.
    let prints: Bool
    private(set) var lines: [String] = []

    init(isReadable: Bool, prints: Bool) {
        self.isReadable = isReadable
        self.prints = prints
    }

    mutating func mix(_ value: Int64) {
        self.hash = (self.hash ^ UInt64(bitPattern: value)) &* 0x100_0000_01B3
        self.hash ^= self.hash >> 29
    }

    mutating func step(at time: Int64, kind: Int64) {
        self.steps += 1
        self.mix(time)
        self.mix(kind)
    }

    mutating func note(at time: Int64, _ text: @autoclosure () -> String) {
        guard self.isReadable else { return }
        let line = "\(Trace.stamp(time)) \(text())"
        if self.prints { say(line) }
        self.lines.append(line)
        if self.lines.count > 400 { self.lines.removeFirst(200) }
    }

    static func stamp(_ time: Int64) -> String {
        let microseconds = time / 1_000
        let whole = String(microseconds / 1_000_000)
        let rest = String(microseconds % 1_000_000)
        return String(repeating: " ", count: max(0, 4 - whole.count)) + whole + "." + String(repeating: "0", count: 6 - rest.count) + rest
    }
}
