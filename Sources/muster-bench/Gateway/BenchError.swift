import GatewayModel

enum BenchError: OperatorError {
    case noCertificate
    case unknownCase(String, known: [String])
    /// A process of the benchmark ended with an error of its own.
    case failed(process: String, why: String)
    /// The shard under test did something else than to receive.
    case disturbed(String)

    var explanation: (what: String, why: String, fix: String) {
        switch self {
        case .noCertificate: ("no certificate for the cases with TLS", "openssl failed", "install openssl")
        case .unknownCase(let name, let known): ("there is no case \(name)", "the cases are \(known.joined(separator: ", "))", "name one of them")
        case .failed(let process, let why): ("\(process) failed", why, "run it by itself to see more")
        case .disturbed(let event): ("the run was disturbed", event, "run again on a quieter machine; if it stays, it is a bug")
        }
    }
}
