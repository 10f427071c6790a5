import GatewayModel
import SimulatedGateway

extension JSONBytes {
    /// One line of `GET /_sim/ledger`.
    mutating func ledgerLine(_ line: LedgerLine, sessionID: String?) {
        self.raw("{\"cursor\":")
        self.number(line.cursor)
        self.raw(",\"id\":")
        self.number(line.id)
        self.raw(",\"at_ms\":")
        self.number(line.atMilliseconds)
        self.raw(",\"type\":")
        self.text(line.type.name)
        self.raw(",\"shards\":")
        self.number(Int64(line.numShards))
        self.raw(",\"shard\":")
        self.number(Int64(line.shard))
        self.raw(",\"session\":")
        if let sessionID { self.text(sessionID) } else { self.raw("null") }
        self.raw(",\"seq\":")
        if let sequence = line.sequence { self.number(sequence) } else { self.raw("null") }
        self.raw(",\"status\":")
        self.text(line.status.name)
        self.raw("}\n")
    }

    /// Simulator time in milliseconds, with three decimals.
    mutating func milliseconds(_ instant: Instant) {
        self.number(instant.nanoseconds / 1_000_000)
        self.raw(".")
        let rest = instant.nanoseconds / 1000 % 1000
        for digit in [rest / 100, rest / 10 % 10, rest % 10] { self.bytes.append(48 + UInt8(digit)) }
    }

    /// Elements with commas between them.
    mutating func list<Element>(_ elements: [Element], _ body: (inout JSONBytes, Element) -> Void) {
        for (index, element) in elements.enumerated() {
            if index > 0 { self.raw(",") }
            body(&self, element)
        }
    }
}
