/// What can be fuzzed, by its name on the command line.
enum FuzzTarget: String, CaseIterable {
    case json, etf, websocket, zlib, zstd, session

    // Set once, before the fuzzer's one thread begins.
    nonisolated(unsafe) static var current = FuzzTarget.json

    func run(_ bytes: UnsafeRawBufferPointer) {
        switch self {
        case .json: FuzzJSON.run(bytes)
        case .etf: FuzzETF.run(bytes)
        case .websocket: FuzzWebSocket.run(bytes)
        case .zlib: FuzzInflate.zlib(bytes)
        case .zstd: FuzzInflate.zstd(bytes)
        case .session: FuzzSession.run(bytes)
        }
    }
}

/// A finding: libFuzzer keeps the input and stops.
func check(_ isFine: @autoclosure () -> Bool, _ what: @autoclosure () -> String, file: StaticString = #fileID, line: UInt = #line) {
    if !isFine() { fatalError(what(), file: file, line: line) }
}

/// Choices out of the fuzzer's bytes; zeroes once they are used up.
struct Choices {
    private var bytes: UnsafeRawBufferPointer.SubSequence

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes[...]
    }

    var isEmpty: Bool { self.bytes.isEmpty }

    mutating func byte() -> UInt8 { self.bytes.popFirst() ?? 0 }

    /// In `0..<bound`.
    mutating func below(_ bound: Int) -> Int { Int(self.byte()) % bound }

    mutating func word() -> UInt16 { UInt16(self.byte()) << 8 | UInt16(self.byte()) }

    mutating func take(_ count: Int) -> [UInt8] {
        let taken = Array(self.bytes.prefix(count))
        self.bytes = self.bytes.dropFirst(count)
        return taken
    }

    mutating func rest() -> [UInt8] { self.take(self.bytes.count) }
}
