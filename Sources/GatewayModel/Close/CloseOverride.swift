extension CloseDisposition {
    /// What follows a close with this code, where its holder wants some codes otherwise. A wish that `refusal` speaks against is not followed.
    package static func after(code: UInt16?, _ overrides: [UInt16: CloseDisposition]) -> CloseDisposition {
        guard let code, let wanted = overrides[code], wanted.refusal(for: code) == nil else { return Self.after(code: code) }
        return wanted
    }

    /// Why this cannot follow a close with that code, whatever its holder wants; `nil`: it can.
    package func refusal(for code: UInt16) -> OperatorMistake? {
        let code = GatewayCloseCode(rawValue: code)
        let what = "cannot make close code \(code) mean \(self.rawValue)"
        guard 1000...4999 ~= code.rawValue, !code.isNeverSent else {
            return OperatorMistake(what: what, why: "no close frame carries it", fix: "leave it out: an end without a close frame is always resumed")
        }
        switch (code.disposition, self) {
        case (.resume, _), (.identify, _): return nil
        case (.stopShardSet, .stopShardSet), (.stopShardSet, .stopApplication): return nil
        case (.stopApplication, .stopApplication): return nil
        case (.stopApplication, .stopShardSet) where code != .authenticationFailed: return nil
        case (.stopApplication, .stopShardSet):
            return OperatorMistake(
                what: what, why: "the token is wrong, and what goes on to use it counts as invalid requests", fix: "leave it out, and set a valid bot token")
        case (.stopShardSet, .resume), (.stopShardSet, .identify), (.stopApplication, .resume), (.stopApplication, .identify):
            return OperatorMistake(
                what: what,
                why: "nothing but the operator changes its cause, so it would come again until the day's session starts are spent and the token is reset",
                fix: "leave it out, or make it stopShardSet or stopApplication")
        }
    }
}
