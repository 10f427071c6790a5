import Foundation
import GatewayModel

/// Where the bot token comes from.
enum BotToken {
    /// From the file, else from `DISCORD_TOKEN`. A leading `Bot ` is dropped.
    static func read(file: String?, environment: [String: String]) throws -> Secret {
        let text: String
        let source: String
        if let file {
            guard let data = FileManager.default.contents(atPath: file), data.count <= 4096, let content = String(data: data, encoding: .utf8) else {
                throw OperatorMistake(
                    what: "the token file \(file) cannot be read", why: Self.problem(with: file),
                    fix: "give a readable text file that holds the bot token alone")
            }
            (text, source) = (content, "the file \(file)")
        } else if let variable = environment["DISCORD_TOKEN"] {
            (text, source) = (variable, "the variable DISCORD_TOKEN")
        } else {
            throw OperatorMistake(
                what: "there is no bot token", why: "neither --token-file nor the variable DISCORD_TOKEN is given",
                fix: "write the bot's token into a file and name it with --token-file")
        }
        var token = text.trimmingCharacters(in: .whitespacesAndNewlines)
        if token.hasPrefix("Bot ") { token.removeFirst(4) }
        guard !token.isEmpty, token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw OperatorMistake(
                what: "the bot token is malformed", why: "\(source) holds \(token.isEmpty ? "nothing" : "spaces or unprintable characters")",
                fix: "put the token there, alone")
        }
        return Secret(token)
    }

    /// The id in the token's first part, where that is base64 of digits, as in Discord's tokens.
    static func applicationID(of token: Secret) -> String? {
        guard let first = token.revealed.split(separator: ".", omittingEmptySubsequences: false).first, !first.isEmpty, first.utf8.count <= 64 else {
            return nil
        }
        let standard = first.replacing("-", with: "+").replacing("_", with: "/")
        let padded = standard + String(repeating: "=", count: (4 - standard.utf8.count % 4) % 4)
        guard let data = Data(base64Encoded: String(padded)), !data.isEmpty, data.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return String(decoding: data, as: UTF8.self)
    }

    private static func problem(with file: String) -> String {
        var isDirectory = ObjCBool(false)
        guard FileManager.default.fileExists(atPath: file, isDirectory: &isDirectory) else { return "it does not exist" }
        if isDirectory.boolValue { return "it is a directory" }
        return FileManager.default.isReadableFile(atPath: file) ? "it is no text, or larger than 4096 bytes" : "this user may not read it"
    }
}
