import GatewayModel
import Testing

@testable import ClusterModel

@Suite("Budget") struct BudgetTests {
    private let start = Instant(nanoseconds: 0)

    private func info(total: Int = 1000, remaining: Int = 1000, resetAfter: Int = 60_000) -> GatewayInfo {
        GatewayInfo(url: "ws://x", shards: 1, total: total, remaining: remaining, resetAfterMilliseconds: resetAfter, maxConcurrency: 1)
    }

    @Test("nothing is available before Discord was asked") func unknown() {
        #expect(StartBudget(restoring: StoredBudget(), at: self.start).available(at: self.start) == nil)
    }

    @Test("the floor is 5 %, at least 20", arguments: [(1000, 50), (100, 20), (2000, 100)])
    func floor(total: Int, expected: Int) {
        var budget = StartBudget(restoring: StoredBudget(), at: self.start)
        budget.readBegan(open: 0)
        budget.readEnded(self.info(total: total, remaining: total), at: self.start)
        #expect(budget.available(at: self.start) == total - expected)
    }

    @Test("a permit committed while the read is under way counts against its answer, and so does one that was open") func readUnderWay() {
        var budget = StartBudget(restoring: StoredBudget(), at: self.start)
        budget.readBegan(open: 2)
        budget.permitSpent(at: self.start)
        budget.readEnded(self.info(remaining: 500), at: self.start)
        #expect(budget.available(at: self.start) == 500 - 3 - 50)
    }

    @Test("the smaller of the own count and Discord's holds") func minimum() {
        var budget = StartBudget(restoring: StoredBudget(used: 900, windowEndsIn: .seconds(60)), at: self.start)
        budget.readBegan(open: 0)
        budget.readEnded(self.info(remaining: 1000), at: self.start)
        #expect(budget.available(at: self.start) == 50)
        budget.timePassed(to: self.start + .seconds(61))
        #expect(budget.usedInWindow == 0)
    }

    @Test("where Discord does not say when its window ends, the first permit starts one of a day") func ownWindow() {
        var budget = StartBudget(restoring: StoredBudget(), at: self.start)
        budget.readBegan(open: 0)
        budget.readEnded(self.info(resetAfter: 0), at: self.start)
        #expect(budget.windowEnds == nil)
        budget.permitSpent(at: self.start)
        #expect(budget.windowEnds == self.start + .seconds(86_400))
        budget.readBegan(open: 0)
        budget.readEnded(self.info(remaining: 999, resetAfter: 1_000), at: self.start)
        #expect(budget.windowEnds == self.start + .seconds(1))
    }

    @Test("a window that Discord began anew takes the own count with it") func rolledWindow() {
        var budget = StartBudget(restoring: StoredBudget(used: 900, windowEndsIn: .seconds(1)), at: self.start)
        budget.readBegan(open: 0)
        budget.readEnded(self.info(resetAfter: 86_400_000), at: self.start)
        #expect(budget.usedInWindow == 0)
        #expect(budget.available(at: self.start) == 950)
    }

    @Test("an operator opens the floor for a while") func openedFloor() {
        var budget = StartBudget(restoring: StoredBudget(), at: self.start)
        budget.readBegan(open: 0)
        budget.readEnded(self.info(remaining: 40), at: self.start)
        #expect(budget.available(at: self.start) == 0)
        budget.openFloor(0, until: self.start + .seconds(10))
        #expect(budget.available(at: self.start) == 40)
        budget.timePassed(to: self.start + .seconds(10))
        #expect(budget.available(at: self.start + .seconds(10)) == 0)
    }

    @Test("only a commit that surely wrote nothing gives its start back") func notWritten() {
        var budget = StartBudget(restoring: StoredBudget(), at: self.start)
        budget.readBegan(open: 0)
        budget.readEnded(self.info(), at: self.start)
        budget.permitSpent(at: self.start)
        #expect(budget.available(at: self.start) == 949)
        budget.permitNotWritten()
        #expect(budget.available(at: self.start) == 950)
    }
}
