import ArgumentParser
import Foundation

/// One client process: measures one physical limit against a sender that waits, and prints a `Measurement`.
struct GatewayLimitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "gateway-limit", shouldDisplay: false)

    @Option(help: "ClientPlan as JSON.") var plan: String
    @Option(help: "Which limit.") var kind: String

    func run() throws {
        let plan = try JSONDecoder().decode(ClientPlan.self, from: Data(self.plan.utf8))
        guard let kind = LimitKind(rawValue: self.kind) else {
            throw BenchError.unknownCase(self.kind, known: LimitKind.allCases.map(\.rawValue))
        }
        let used: ProcessFigures
        switch kind {
        case .read: used = try RawConnection(port: plan.sender.port).timeReads(plan.sender)
        case .memcpy: used = try Self.time(plan) { CopyLimit() }
        case .scan: used = try Self.time(plan) { ScanLimit() }
        case .inflate: used = try Self.time(plan) { InflateLimit(plan.traffic.compression) }
        case .barePipeline: used = try BarePipeline.time(plan)
        }
        let measurement = Measurement(events: plan.measuredEvents, payloadBytes: plan.measuredPayloadBytes, used: used)
        FileHandle.standardOutput.write(try JSONEncoder().encode(measurement) + Data("\n".utf8))
    }

    /// Fetches all that the sender has, then times what is done to each message after the warm-up.
    private static func time(_ plan: ClientPlan, _ make: () -> some MessageLimit) throws -> ProcessFigures {
        let bytes = try RawConnection(port: plan.sender.port).fetch(plan.sender)
        let limit = make()
        var start = ProcessFigures.now
        bytes.withUnsafeBytes { bytes in
            var index = 0
            while index < bytes.count {
                // Headers are a server's: no mask.
                let short = Int(bytes[index + 1])
                let header = short < 126 ? 2 : short == 126 ? 4 : 10
                let count = short < 126 ? short : bytes[index + 2..<index + header].reduce(0) { $0 << 8 | Int($1) }
                limit.take(UnsafeRawBufferPointer(rebasing: bytes[index + header..<index + header + count]))
                index += header + count
                if index == plan.sender.warmUpWireBytes { start = .now }
            }
        }
        return ProcessFigures.now - start
    }
}

/// Does one part of the work to each message.
protocol MessageLimit {
    func take(_ message: UnsafeRawBufferPointer)
}
