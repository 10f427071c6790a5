import GatewayModel

extension ShardGroup {
    /// Goes over to another shard set without down time. The budget is checked first; then the new set IDENTIFIES beside the old one, which serves until every
    /// shard of the new set is live, and is closed for good then. Commands by guild go to the old set up to that moment, to the new one from then on, also
    /// those that wait still; presence that was set for all shards is the new ones' too.
    ///
    /// Meanwhile an event may come from both sets, and then names them: `GatewayDispatch.numShards`. Whatever fails leaves the old set as it is, and closes what
    /// there is of the new one. `detach` of a shard of the new set gives the re-shard up. It returns when the old set is closed; a caller that is cancelled stops
    /// waiting, and the re-shard goes on.
    ///
    /// - Parameter numShards: `nil`: what Discord recommends. After a 4011 it must be more than the set that Discord refused.
    /// - Throws: `ReshardError`, `CancellationError`.
    public func reshard(to numShards: Int? = nil) async throws {
        let latch = try self.begin { machine throws(ReshardError) in try machine.reshardRequested(to: numShards) }
        if let error = try await latch.waitOrCancel() { throw error }
    }

    /// Passing failures of the API are waited out for this long; the bot runs meanwhile.
    private static let patience = Duration.seconds(30)

    /// The end of the group ends it too.
    func askForBot() async {
        let answer = await withTaskGroup(of: GroupMachine.BotAnswer?.self) { tasks in
            tasks.addTask { await self.answerOfBot() }
            tasks.addTask {
                try? await self.stopping.waitOrCancel()
                return nil
            }
            let first = await tasks.next() ?? nil
            tasks.cancelAll()
            return first
        }
        if let answer { self.decide { $0.botAnswered(answer) } }
    }

    /// Until its task is cancelled. Whether anything comes of it is the machine's to decide.
    func watchRecommendation() async {
        guard self.api != nil, self.configuration.resharding == .automatic, let interval = self.configuration.recommendationInterval else { return }
        while (try? await Task.sleep(for: interval)) != nil {
            let answer = await self.answerOfBot()
            self.decide { $0.recommendationLearned(answer) }
        }
    }

    private func answerOfBot() async -> GroupMachine.BotAnswer {
        guard let api else { return .nobodyToAsk }
        do {
            let bot = try await Self.fetch(api, self.configuration.shard.token, patience: Self.patience, self.configuration.logger)
            return .bot(recommended: bot.shards, total: bot.total, remaining: bot.remaining, resetAfterMilliseconds: bot.resetAfterMilliseconds)
        } catch ShardGroupError.unauthorized {
            return .failed(.unauthorized)
        } catch {
            return .failed(.unreachable("\(error)"))
        }
    }
}
