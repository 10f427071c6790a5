import Foundation

/// Runs cases one after the other, each in processes of its own.
struct BenchSuite {
    var cases: [BenchCase]
    var repetitions: Int
    var idleSeconds: Double
    /// Words before the command of each client that runs a case.
    var prefix: [String]
    var progress: (String) -> Void

    func run() throws -> BenchResults {
        var results = BenchResults()
        let certificate = try self.cases.contains { $0.traffic.isTLS } ? BenchCertificate.make() : nil
        defer { certificate?.remove() }
        var sender: Sender?
        defer { sender?.end() }
        for bench in self.cases {
            do {
                if sender?.traffic != bench.traffic {
                    sender?.end()
                    sender = nil
                    self.progress("\(bench.name): preparing its traffic")
                    sender = try Sender(bench.traffic, certificate: certificate)
                }
                if let sender { try self.measure(bench, sender, certificate, &results) }
            } catch {
                results.fail(bench.name, "\(error)")
            }
        }
        return results
    }

    private func measure(_ bench: BenchCase, _ sender: Sender, _ certificate: BenchCertificate?, _ results: inout BenchResults) throws {
        let plan = ClientPlan(
            traffic: bench.traffic, sender: sender.ready, delivery: bench.delivery, certificate: bench.traffic.isTLS ? certificate?.directory : nil,
            idleSeconds: self.idleSeconds)
        let json = String(decoding: try JSONEncoder().encode(plan), as: UTF8.self)
        results.note(wireBytesPerEvent: plan.wireBytesPerEvent, caseNamed: bench.name)
        for repetition in 1...self.repetitions {
            self.progress("\(bench.name): \(repetition) of \(self.repetitions)")
            for limit in bench.limits {
                results.add(try Self.client(["gateway-limit", "--kind", limit.rawValue, "--plan", json]), limit: limit, caseNamed: bench.name)
            }
            results.add(try Self.client(["gateway-case", "--plan", json], prefix: self.prefix), caseNamed: bench.name)
        }
    }

    private static func client(_ arguments: [String], prefix: [String] = []) throws -> Measurement {
        let client = try ChildProcess(arguments, prefix: prefix)
        let measurement = try client.read(Measurement.self)
        client.end()
        return measurement
    }

    /// A sender that is ready, and what it sends.
    private final class Sender {
        let traffic: TrafficPlan
        let ready: SenderReady
        private let process: ChildProcess

        init(_ traffic: TrafficPlan, certificate: BenchCertificate?) throws {
            self.traffic = traffic
            let json = String(decoding: try JSONEncoder().encode(traffic), as: UTF8.self)
            let tls = traffic.isTLS ? certificate.map { ["--certificate", $0.directory] } ?? [] : []
            self.process = try ChildProcess(["gateway-sender", "--plan", json] + tls)
            self.ready = try self.process.read(SenderReady.self)
        }

        func end() {
            self.process.end()
        }
    }
}
