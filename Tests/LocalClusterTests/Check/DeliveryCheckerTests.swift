import Testing

@testable import LocalCluster

@Suite("Delivery checker") struct DeliveryCheckerTests {
    private func due(_ sequence: Int64, at: Int64, session: String = "s") -> LedgerLine {
        LedgerLine(cursor: sequence, at: at, status: .due, session: session, sequence: sequence)
    }

    private func written(_ sequence: Int64, epoch: Int64 = 1, session: String = "s") -> EventLine {
        .dispatch(session: session, sequence: sequence, epoch: epoch)
    }

    @Test("an event in a file is accepted, whichever is read first") func accepted() {
        var checker = DeliveryChecker()
        checker.read(self.written(1), from: 0)
        checker.read(self.due(1, at: 0))
        checker.read(self.due(2, at: 0))
        #expect(checker.open == 1)
        checker.read(self.written(2), from: 0)
        checker.judge(at: 60_000)
        #expect(checker.counts.due == 2)
        #expect(checker.counts.accepted == 2)
        #expect(checker.counts.lost == 0)
        #expect(checker.open == 0)
    }

    @Test(
        "an event in no file is lost once it is older than 5 s, or than 20 s where its worker died",
        arguments: [
            (age: Int64(5_000), diedAt: Int64?.none, lost: 0), (5_001, nil, 1), (20_000, 100_001, 0), (20_001, 100_001, 1),
            // It fell due while its shard was on its way back.
            (20_000, 81_000, 0), (5_001, 80_000, 1),
        ])
    func lost(age: Int64, diedAt: Int64?, lost: Int) {
        var checker = DeliveryChecker()
        checker.read(self.written(1), from: 0)
        checker.read(self.due(2, at: 100_000))
        if let diedAt { checker.workerDied(0, at: diedAt) }
        checker.judge(at: 100_000 + age)
        #expect(checker.counts.lost == lost)
        #expect(checker.open == 1 - lost)
        #expect(checker.lately.count == lost)
    }

    @Test("the death of another worker is no excuse") func otherWorker() {
        var checker = DeliveryChecker()
        checker.read(self.written(1), from: 0)
        checker.read(self.due(2, at: 0))
        checker.workerDied(1, at: 1)
        checker.judge(at: 5_001)
        #expect(checker.counts.lost == 1)
    }

    @Test("an event that no session could carry is lost; one between two shard sets is declared") func withoutSession() {
        var checker = DeliveryChecker()
        checker.read(LedgerLine(cursor: 1, at: 0, status: .unowned, session: nil, sequence: nil))
        checker.read(LedgerLine(cursor: 2, at: 0, status: .declared, session: nil, sequence: nil))
        #expect(checker.counts == DeliveryChecker.Counts(due: 1, lost: 1, declared: 1))
        #expect(checker.cursor == 2)
    }

    @Test("the same event twice is a replay over two epochs, and a repeat within one") func repeats() {
        var checker = DeliveryChecker()
        checker.read(self.written(1, epoch: 1), from: 0)
        checker.read(self.written(2, epoch: 1), from: 0)
        checker.read(self.written(2, epoch: 2), from: 1)
        #expect(checker.counts.replayed == 1)
        #expect(checker.counts.repeated == 0)
        checker.read(self.written(2, epoch: 2), from: 1)
        checker.read(self.written(1, epoch: 1), from: 0)
        #expect(checker.counts.repeated == 2)
        checker.read(self.written(2, epoch: 2, session: "other"), from: 1)
        #expect(checker.counts.repeated == 2)
        #expect(checker.writtenByWorker == [0: 3, 1: 3])
    }

    @Test("however many epochs there were, the newest ones are told apart") func manyEpochs() {
        var checker = DeliveryChecker()
        for epoch in Int64(1)...50 {
            checker.read(self.written(epoch, epoch: epoch), from: 0)
            checker.read(self.written(1, epoch: epoch), from: 0)
        }
        #expect(checker.counts.repeated == 1)  // sequence 1 in epoch 1
        checker.read(self.written(1, epoch: 50), from: 0)
        checker.read(self.written(1, epoch: 3), from: 0)
        #expect(checker.counts.repeated == 2)
    }

    @Test("the next start judges what the last one left open, and counts nothing twice") func checkpoint() {
        var first = DeliveryChecker()
        first.read(self.written(1), from: 0)
        first.read(self.due(1, at: 0))
        first.read(self.due(2, at: 10))
        var second = DeliveryChecker(restoring: first.checkpoint)
        #expect(second.cursor == 2)
        #expect(second.counts.due == 1)
        second.everyWorkerStarted(at: 10_000)
        second.judge(at: 20_000)
        #expect(second.counts.lost == 0)
        second.read(self.written(2, epoch: 2), from: 0)
        second.read(self.written(1, epoch: 1), from: 0)
        second.judge(at: 60_000)
        #expect(second.counts.accepted == 1)
        #expect(second.counts.repeated == 1)
        #expect(DeliveryChecker(restoring: second.checkpoint).checkpoint == second.checkpoint)
    }

    @Test("a session that is gone is forgotten once nothing of it is open") func forget() {
        var checker = DeliveryChecker()
        checker.read(self.written(1), from: 0)
        checker.read(self.due(2, at: 0))
        checker.forget(except: [])
        checker.forget(except: [])
        #expect(checker.checkpoint.sessions.count == 1)
        checker.judge(at: 30_000)
        checker.forget(except: [])
        #expect(checker.checkpoint.sessions.isEmpty)
        #expect(checker.counts.lost == 1)
    }

    @Test("gaps are counted, and what cannot be read") func gaps() {
        var checker = DeliveryChecker()
        checker.read(.control("gap"), from: 0)
        checker.read(.control("resumed"), from: 0)
        checker.read(EventLine?.none, from: 0)
        checker.read(LedgerLine?.none)
        #expect(checker.counts.gaps == 1)
        #expect(checker.counts.unreadable == 2)
    }
}
