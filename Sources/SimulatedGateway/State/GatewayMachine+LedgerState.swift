extension GatewayMachine {
    func saveLedger(to writer: inout StateWriter) {
        writer.write(self.ledger.firstCursor)
        writer.write(UInt32(self.ledger.chunks.count))
        for chunk in self.ledger.chunks {
            writer.write(UInt32(chunk.count))
            chunk.withUnsafeBytes { writer.write(raw: $0) }
        }
    }

    mutating func restoreLedger(from reader: inout StateReader) throws(SavedStateError) {
        let first: Int64 = try reader.read()
        var chunks: [[Ledger.Entry]] = []
        let count = try reader.readCount()
        for index in 0..<count {
            let lines = try reader.readCount()
            guard lines == Ledger.chunkSize || index == count - 1 && lines < Ledger.chunkSize else { throw .damaged(at: reader.offset) }
            let blank = Ledger.Entry(id: 0, milliseconds: 0, sequence: 0, session: 0, shard: 0, numShards: 0, type: 0, status: 0)
            var chunk = [Ledger.Entry](repeating: blank, count: lines)
            let size = lines * MemoryLayout<Ledger.Entry>.stride
            do {
                try chunk.withUnsafeMutableBytes { try reader.readRaw(size, into: $0) }
            } catch {
                throw .damaged(at: reader.offset)
            }
            guard chunk.allSatisfy({ SimulatedEventType(rawValue: $0.type) != nil && LedgerLine.Status(rawValue: $0.status) != nil }) else {
                throw .damaged(at: reader.offset)
            }
            chunks.append(chunk)
        }
        self.ledger = Ledger(limit: self.configuration.ledgerLimit, firstCursor: first, chunks: chunks)
    }
}
