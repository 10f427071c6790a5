import ClusterModel
import GatewayModel
import Testing

@testable import Coordinator

@Suite("The desk of operators' requests", .timeLimit(.minutes(1)))
struct RequestDeskTests {
    @Test("an answer that comes before its asker waits is not lost")
    func earlyAnswer() async {
        let desk = RequestDesk()
        for round in 0..<200 {
            let answer = await desk.ask { desk.answer($0, .done("\(round)")) }
            #expect(answer == .done("\(round)"))
        }
    }

    @Test("a request that nobody answers ends by its time limit")
    func limit() async {
        var kind = RequestDesk.Kind.operation
        kind.limit = .milliseconds(20)
        #expect(await RequestDesk().ask(kind) { _ in } == kind.overdue)
        kind = .command(within: .seconds(7))
        #expect(kind.limit == .seconds(12))
        kind.limit = .milliseconds(20)
        #expect(await RequestDesk().ask(kind) { _ in } == .failed(.unknown("the coordinator did not say in time whether it was sent")))
    }

    @Test("the end answers all that wait, and whoever comes later: what was handed over may have been done")
    func close() async {
        let desk = RequestDesk()
        let answer = await desk.ask { _ in desk.close() }
        #expect(answer == .refused("the coordinator ended before it answered: it may still be done. Fix: see `muster status`."))
        #expect(await desk.ask { _ in } == .refused("the coordinator is stopping"))
    }

    @Test("a command that waits at the end may have been sent, one that comes later surely was not")
    func closeWithCommand() async {
        let desk = RequestDesk()
        let answer = await desk.ask(.command(within: .seconds(30))) { _ in desk.close() }
        #expect(answer == .failed(.unknown("the coordinator ended before it answered")))
        guard case .failed(.notRunning(let why)) = await desk.ask(.command(within: .seconds(30)), { _ in }) else {
            Issue.record("it was not refused")
            return
        }
        #expect(why.why == "the coordinator is stopping")
    }

    @Test("of each kind more than its bound are refused at once, and another kind is not held up") func bound() async throws {
        let desk = RequestDesk()
        let handed = Recorder<RequestID>()
        let bound = RequestDesk.Kind.operation.bound
        await withTaskGroup(of: OperatorAnswer.self) { group in
            for _ in 0..<bound { group.addTask { await desk.ask { handed.record($0) } } }
            _ = try? await handed.wait("all handed over") { $0.count == bound }
            #expect(await desk.ask { handed.record($0) } == .refused("64 requests wait already. Fix: wait for an answer before asking for more."))
            var command = RequestDesk.Kind.command(within: .seconds(1))
            command.bound = 1
            #expect(await desk.ask(command) { desk.answer($0, .done("sent")) } == .done("sent"))
            command.bound = 0
            #expect(await desk.ask(command) { handed.record($0) } == .failed(.queueFull(limit: 0, of: .cluster)))
            desk.close()
        }
    }
}
