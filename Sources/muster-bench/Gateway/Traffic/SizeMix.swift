import Foundation

/// The realistic mix of sizes: what share of events is how large. Within a class sizes are spread evenly on a logarithmic scale.
///
/// Modelled on what a bot with many intents sees: mostly typing, presence and reactions, then messages, a few large member lists and guilds.
enum SizeMix {
    struct Class: Sendable {
        var share: Double
        var bytes: ClosedRange<Double>
        var type: String
    }

    static let classes = [
        Class(share: 0.35, bytes: 100...300, type: "TYPING_START"),
        Class(share: 0.30, bytes: 300...1000, type: "PRESENCE_UPDATE"),
        Class(share: 0.25, bytes: 1000...2000, type: "MESSAGE_CREATE"),
        Class(share: 0.08, bytes: 2000...8000, type: "MESSAGE_UPDATE"),
        Class(share: 0.02, bytes: 8000...100_000, type: "GUILD_MEMBERS_CHUNK"),
    ]

    /// So many sizes, with each class in its share.
    static func sizes(_ count: Int) -> [(type: String, bytes: Int)] {
        self.classes.flatMap { entry in
            let number = Int((entry.share * Double(count)).rounded())
            return (0..<number).map { index in
                let ratio = entry.bytes.upperBound / entry.bytes.lowerBound
                return (entry.type, Int(entry.bytes.lowerBound * pow(ratio, (Double(index) + 0.5) / Double(number))))
            }
        }
    }
}
