import AsyncAlgorithms
import ClusterModel
import Testing

@testable import Coordinator

@Suite("The store's writer")
struct StoreWriterTests {
    @Test("beyond its bound a transaction fails in its turn, and is not kept")
    func overflow() async {
        let store = InMemoryStore()
        let inbox = Inbox()
        let writer = StoreWriter(store: store, epoch: CoordinatorEpoch(rawValue: 0), application: ApplicationID(rawValue: "test"), inbox: inbox)
        let count = StoreWriter.limit + 3
        for id in 0..<count { writer.enqueue(.commit(CommitID(rawValue: id), [.openFloor(id, for: nil)])) }
        writer.finish()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await writer.run()
                inbox.finish()
            }
            var outcomes: [ClusterInput] = []
            for await event in inbox.events {
                if case .input(let input) = event { outcomes.append(input) }
            }
            #expect(outcomes.count == count)
            for (id, outcome) in outcomes.enumerated() {
                let isKept = id < StoreWriter.limit
                #expect(
                    outcome
                        == .commitEnded(CommitID(rawValue: id), isKept ? .committed : .failed("more than 10000 transactions wait for the database")))
            }
        }
        #expect(store.now.commits.count == StoreWriter.limit)
    }
}
