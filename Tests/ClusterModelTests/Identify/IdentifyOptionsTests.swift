import GatewayModel
import Testing

@testable import ClusterModel

@Suite("What IDENTIFY says of the program")
struct IdentifyOptionsTests {
    @Test("is read as keys with values; what is not named is the library's own")
    func parsed() throws {
        #expect(try IdentifyOptions.properties(parsing: "browser=bot=2") == IdentifyProperties(os: "linux", browser: "bot=2", device: "muster"))
        #expect(try IdentifyOptions.properties(parsing: "os=a,browser=b,device=c") == IdentifyProperties(os: "a", browser: "b", device: "c"))
    }

    @Test("is refused where it cannot be read", arguments: ["", "os", "os=", "name=x", "os=a,", "OS=a", "os=\(String(repeating: "x", count: 101))"])
    func refused(_ text: String) {
        #expect(throws: OperatorMistake.self) { try IdentifyOptions.properties(parsing: text) }
    }
}
