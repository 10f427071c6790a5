import GatewayModel

/// `d` of the events that are sent: the fields and nesting of Discord's, with invented values.
enum EventData {
    /// About 1 KB in JSON with a text of 96 bytes.
    static func message(textBytes: Int) -> Term {
        .object([
            ("type", .integer(0)), ("tts", .bool(false)), ("timestamp", .hole(.microseconds)), ("pinned", .bool(false)), ("nonce", .hole(.id)),
            ("mentions", .array([])), ("mention_roles", .array([])), ("mention_everyone", .bool(false)), ("member", self.member), ("id", .hole(.id)),
            ("flags", .integer(0)), ("embeds", .array([])), ("edited_timestamp", .null), ("content", .hole(.text(bytes: textBytes))),
            ("components", .array([])), ("channel_type", .integer(0)), ("channel_id", .string("1100000000000000123")), ("author", self.user),
            ("attachments", .array([])), ("guild_id", .string("1100000000000000100")),
        ])
    }

    /// With less around a longer text.
    static func shortMessage(textBytes: Int) -> Term {
        .object([
            ("type", .integer(0)), ("timestamp", .hole(.microseconds)), ("mentions", .array([])), ("id", .hole(.id)), ("embeds", .array([])),
            ("content", .hole(.text(bytes: textBytes))), ("channel_id", .hole(.id)), ("author", self.user), ("guild_id", .hole(.id)),
        ])
    }

    /// Of a whole payload of about `bytes` bytes in JSON: a small object, a text, or a list of members where it is large.
    static func ofSize(_ bytes: Int, _ encoding: GatewayEncoding) -> Term {
        let head: [(String, Term)] = [("guild_id", .hole(.id))]
        let member = Term.object([("user", self.user), ("nick", .hole(.text(bytes: 12))), ("joined_at", .hole(.microseconds)), ("roles", .array([.hole(.id)]))])
        let perMember = TermWriter.template(member, encoding: .json).bytes.count + 1
        // The envelope and the head take about 90.
        let room = max(1, bytes - 90)
        guard room > 4 * perMember else { return .object(head + [("content", .hole(.text(bytes: room)))]) }
        return .object(head + [("members", .array(Array(repeating: member, count: room / perMember)))])
    }

    private static let user = Term.object([
        ("username", .string("somebody")), ("public_flags", .integer(0)), ("primary_guild", .null), ("id", .string("1100000000000000007")),
        ("global_name", .string("Some Body")), ("discriminator", .string("0")), ("display_name_styles", .null), ("collectibles", .null),
        ("avatar_decoration_data", .null), ("avatar", .string("0f1e2d3c4b5a69788796a5b4c3d2e1f0")),
    ])

    private static let member = Term.object([
        ("roles", .array([.string("1100000000000000201"), .string("1100000000000000202")])), ("premium_since", .null), ("pending", .bool(false)),
        ("nick", .null), ("mute", .bool(false)), ("joined_at", .string("2024-01-17T20:17:08.415000+00:00")), ("flags", .integer(0)), ("deaf", .bool(false)),
        ("communication_disabled_until", .null), ("banner", .null), ("avatar", .null),
    ])
}
