extension GatewayCommand {
    /// Refuses what Discord would refuse, close the connection for, or cut off silently.
    ///
    /// - Throws: `CommandError.invalid`, which says what to change.
    public func check() throws(CommandError) {
        switch self {
        case .updatePresence(let presence):
            for activity in presence.activities { try activity.check() }
        case .updateVoiceState: break
        case .requestGuildMembers(let request): try request.check()
        case .requestSoundboardSounds(let guildIDs):
            guard !guildIDs.isEmpty else {
                throw .invalid("a request for soundboard sounds names no guild", "Discord answers for each guild that is named", "name at least one guild")
            }
        case .requestChannelInfo(_, let fields):
            guard !fields.isEmpty else {
                throw .invalid("a request for channel info names no field", "Discord answers with the fields that are named", "name at least one field")
            }
        case .raw(let op, _):
            guard let known = GatewayOpcode(rawValue: op) else { break }
            guard ![.heartbeat, .identify, .resume].contains(known) else {
                throw .invalid("op \(op) is not for commands", "the session sends it by itself when it is due", "leave it out")
            }
            guard known.canBeSent else {
                throw .invalid("op \(op) is not for commands", "only Discord sends it, and closes the connection with 4001 for it", "leave it out")
            }
        }
    }
}

extension Activity {
    func check() throws(CommandError) {
        guard !self.name.isEmpty else {
            throw .invalid("an activity has no name", "Discord requires one of every activity, also of a custom status", "set its name")
        }
        switch self.kind {
        case .streaming:
            guard let url = self.url, Self.isStream(url) else {
                throw .invalid(
                    "a streaming activity has no usable URL", "Discord shows streams only from https pages of twitch.tv and youtube.com",
                    "set such a URL, or use another type of activity")
            }
        case .custom:
            guard let state = self.state, !state.isEmpty else {
                throw .invalid("a custom status has no text", "Discord shows its state, never its name", "set its state")
            }
        default: break
        }
    }

    private static func isStream(_ url: String) -> Bool {
        let scheme = "https://"
        guard url.lowercased().hasPrefix(scheme) else { return false }
        let host = url.dropFirst(scheme.count).prefix { !"/?#".contains($0) }.lowercased()
        return ["twitch.tv", "youtube.com"].contains { host == $0 || host.hasSuffix(".\($0)") && !host.contains("@") }
    }
}

extension GuildMembersRequest {
    func check() throws(CommandError) {
        if let nonce = self.nonce, !(1...Self.maxNonceBytes ~= nonce.utf8.count) {
            throw .invalid(
                "the nonce of a members request has \(nonce.utf8.count) bytes", "Discord ignores one of more than \(Self.maxNonceBytes), and an empty one",
                "shorten it, or leave it out")
        }
        switch self.selection {
        case .users(let ids):
            guard 1...Self.maxUsers ~= ids.count else {
                throw .invalid(
                    "a members request names \(ids.count) users", "Discord takes 1 to \(Self.maxUsers)", "split it into several requests, or ask for everyone")
            }
        case .prefix(let query, let limit):
            guard self.isFullList || 1...Self.maxUsers ~= limit else {
                throw .invalid(
                    "a members request for \"\(query)\" has the limit \(limit)", "Discord answers a search with at most \(Self.maxUsers) members",
                    "set the limit to 1 to \(Self.maxUsers); 0 goes with an empty query only, for everyone")
            }
        }
    }

    static let maxNonceBytes = 32
    private static let maxUsers = 100
}

extension CommandError {
    fileprivate static func invalid(_ what: String, _ why: String, _ fix: String) -> CommandError {
        .invalid(OperatorMistake(what: what, why: why, fix: fix))
    }
}
