import ClusterModel
import Testing

@testable import Coordinator

@Suite("The desk of operators' requests", .timeLimit(.minutes(1)))
struct RequestDeskTests {
    @Test("an answer that comes before its asker waits is not lost")
    func earlyAnswer() async {
        let desk = RequestDesk()
        for round in 0..<200 {
            let answer = await desk.ask({ desk.answer($0, .done("\(round)")) }, limit: .seconds(30))
            #expect(answer == .done("\(round)"))
        }
    }

    @Test("a request that nobody answers ends by its time limit")
    func limit() async {
        let answer = await RequestDesk().ask({ _ in }, limit: .milliseconds(20))
        guard case .refused(let why) = answer else {
            Issue.record("answered \(answer)")
            return
        }
        #expect(why.hasPrefix("no answer within"))
    }

    @Test("the end answers all that wait, and whoever comes later")
    func close() async {
        let desk = RequestDesk()
        let answer = await desk.ask({ _ in desk.close() }, limit: .seconds(30))
        #expect(answer == .refused("the coordinator is stopping"))
        #expect(await desk.ask({ _ in }, limit: .seconds(30)) == .refused("the coordinator is stopping"))
    }

    @Test("more than its bound are refused at once")
    func bound() async throws {
        let desk = RequestDesk()
        let handed = Recorder<RequestID>()
        await withTaskGroup(of: OperatorAnswer.self) { group in
            for _ in 0..<RequestDesk.limit {
                group.addTask { await desk.ask({ handed.record($0) }, limit: .seconds(30)) }
            }
            _ = try? await handed.wait("all handed over") { $0.count == RequestDesk.limit }
            #expect(await desk.ask({ handed.record($0) }, limit: .seconds(30)) == .refused("64 requests wait already"))
            desk.close()
        }
    }
}
