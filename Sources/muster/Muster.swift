import ArgumentParser

@main
struct Muster: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "muster", abstract: "Runs a Discord bot's gateway shards across many hosts.", subcommands: [])
}
