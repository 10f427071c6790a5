import Foundation
import GatewayModel
import Testing

@testable import muster

@Suite("The bot token")
struct BotTokenTests {
    @Test("comes from the file before the variable, without what surrounds it")
    func sources() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("token-\(UUID().uuidString)").path
        try "  Bot abc.def.ghi\n".write(toFile: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: file) }
        #expect(try BotToken.read(file: file, environment: ["DISCORD_TOKEN": "other"]) == Secret("abc.def.ghi"))
        #expect(try BotToken.read(file: nil, environment: ["DISCORD_TOKEN": "other"]) == Secret("other"))
    }

    @Test("is refused where it cannot be one, without being shown", arguments: ["", " ", "two words", "snow\u{2603}man"])
    func malformed(token: String) {
        let error = #expect(throws: OperatorMistake.self) { try BotToken.read(file: nil, environment: ["DISCORD_TOKEN": token]) }
        #expect(error?.description.contains("the variable DISCORD_TOKEN") == true)
        if token.count > 1 { #expect(error?.description.contains(token) == false) }
    }

    @Test("a file that cannot be read says why", arguments: [("/nowhere/token", "it does not exist"), ("/", "it is a directory")])
    func unreadable(file: String, why: String) {
        let error = #expect(throws: OperatorMistake.self) { try BotToken.read(file: file, environment: [:]) }
        #expect(error?.why == why)
    }

    @Test(
        "names its application in its first part, where that is base64 of digits",
        arguments: [("MTIzNDU2Nzg5.x.y", "123456789"), ("MTIz.x", "123"), ("abc.x.y", nil), ("", nil), (".x", nil), ("bm9kaWdpdHM.x", nil)])
    func application(token: String, id: String?) {
        #expect(BotToken.applicationID(of: Secret(token)) == id)
    }
}
