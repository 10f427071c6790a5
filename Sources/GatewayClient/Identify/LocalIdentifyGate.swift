public import GatewayModel
public import Logging
public import NIOCore
public import NIOPosix
import Synchronization

/// Paces the IDENTIFYs of a bot that lives in one process; groups of that process share it.
///
/// Keys go in rounds, in the order of shard ids; a key is free again 5.1 s after the outcome of its IDENTIFY, or 17 s after one without outcome. Three
/// refusals within a minute stop everything for five. The day's budget is read from `GET /gateway/bot` before the first permit, after a refusal, and
/// every five minutes while somebody waits; the last 5 % of it (at least 20) are never spent, since at zero Discord ends all sessions and resets the token.
public final class LocalIdentifyGate: IdentifyGate {
    /// Asks `GET /gateway/bot`. `GatewayBotError.unauthorized` ends the wait of everyone; after other errors it is asked again.
    public typealias Source = @Sendable () async throws -> GatewayBot

    private let source: Source
    private let eventLoop: any EventLoop
    private let logger: Logger
    private let state: Mutex<State>

    private struct State {
        var permits: LocalPermits
        var waiters: [LocalPermits.Ticket: Waiter] = [:]
        var commits: [PermitID: Commit] = [:]
        var timer: (due: Instant, task: Scheduled<Void>)?
        var isBudgetSaid = false
        var failure: GatewayBotError?
    }

    /// Where one `acquire` stands. What comes while nobody listens is kept.
    private struct Waiter {
        var permit: PermitID?
        var isCancelled = false
        var continuation: CheckedContinuation<Void, Never>?
    }

    private struct Commit {
        var result: Result<Instant, any Error>?
        var continuation: CheckedContinuation<Void, Never>?
    }

    /// - Parameters:
    ///   - source: most often `{ try await client.fetch(token: token) }` with a `GatewayBotClient`.
    ///   - eventLoopGroup: for timers.
    ///   - logger: says when the budget is at its floor, and when Discord refuses an IDENTIFY.
    public init(
        source: @escaping Source, eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        logger: Logger = Logger(label: "gateway.identify")
    ) {
        self.source = source
        self.eventLoop = eventLoopGroup.next()
        self.logger = logger
        // Permits of two gates must differ: two groups may be handed from one gate to another.
        let issuer = String(UInt64.random(in: 0..<1 << 48), radix: 36)
        self.state = Mutex(State(permits: LocalPermits(issuer: issuer, at: BootClock.now)))
    }

    /// What `GET /gateway/bot` says is known, and is not asked again: for tests, and for servers without that route.
    public convenience init(
        fixed bot: GatewayBot, eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        logger: Logger = Logger(label: "gateway.identify")
    ) {
        self.init(source: { bot }, eventLoopGroup: eventLoopGroup, logger: logger)
    }

    /// Tells what was read elsewhere a moment ago, so that the first permit needs no request of its own.
    public func learn(_ bot: GatewayBot) {
        self.update { state, now in
            state.permits.readBegan(at: now)
            return state.permits.readEnded(Self.limit(bot), maxConcurrency: bot.maxConcurrency, at: now)
        }
    }

    /// Waits for the shard's turn. See `IdentifyGate`.
    ///
    /// - Throws: `CancellationError`, or `GatewayBotError.unauthorized` for everyone once the token is dead.
    public func acquire(shard: ShardID, numShards: Int) async throws -> PermitID {
        let ticket = self.state.withLock { state in
            let ticket = state.permits.asked(ShardIdentity(id: shard, numShards: numShards), at: BootClock.now)
            state.waiters[ticket] = Waiter()
            return ticket
        }
        defer { self.state.withLock { $0.waiters[ticket] = nil } }
        return try await withTaskCancellationHandler {
            self.update { state, now in state.permits.timePassed(to: now) }
            while true {
                switch self.next(of: ticket) {
                case .permit(let permit): return permit
                case .cancelled(let unused):
                    if let unused { self.update { state, now in state.permits.ended(unused, .notSent, at: now) } }
                    throw CancellationError()
                case .failed(let error):
                    self.state.withLock { $0.permits.withdrew(ticket) }
                    throw error
                case .read: await self.read()
                case .wait: await self.wait(of: ticket)
                }
            }
        } onCancel: {
            let continuation = self.state.withLock { state in
                state.permits.withdrew(ticket)
                state.waiters[ticket]?.isCancelled = true
                return state.waiters[ticket]?.continuation.take()
            }
            continuation?.resume()
        }
    }

    /// Waits for the key, at most a second or so, and spends one of the day's starts. See `IdentifyGate`.
    public func commit(_ permit: PermitID) async throws -> Instant {
        self.state.withLock { $0.commits[permit] = Commit() }
        defer { self.state.withLock { $0.commits[permit] = nil } }
        return try await withTaskCancellationHandler {
            self.update { state, now in state.permits.taken(permit, at: now) }
            while true {
                if let result = self.state.withLock({ $0.commits[permit]?.result }) { return try result.get() }
                await withCheckedContinuation { continuation in
                    let isDecided = self.state.withLock { state in
                        guard state.commits[permit]?.result == nil else { return true }
                        state.commits[permit]?.continuation = continuation
                        return false
                    }
                    if isDecided { continuation.resume() }
                }
            }
        } onCancel: {
            self.update { state, _ in
                if state.commits[permit]?.result == nil { state.commits[permit]?.result = .failure(CancellationError()) }
                return []
            }
        }
    }

    /// Frees the key in time. See `IdentifyGate`.
    public func settle(_ permit: PermitID, _ outcome: IdentifyOutcome) async {
        self.update { state, now in state.permits.ended(permit, outcome, at: now) }
        if outcome == .invalidSession { self.logger.warning("An IDENTIFY was refused", metadata: [LogKey.permit: "\(permit)"]) }
    }

    // MARK: What a waiting acquire does next

    private enum Next {
        case permit(PermitID)
        /// With the permit that was offered in the same moment: nobody will use it, and others may wait for it.
        case cancelled(PermitID?)
        case failed(GatewayBotError)
        case read
        case wait
    }

    private func next(of ticket: LocalPermits.Ticket) -> Next {
        self.state.withLock { state in
            let waiter = state.waiters[ticket]
            if waiter?.isCancelled ?? true { return .cancelled(waiter?.permit) }
            if let permit = waiter?.permit { return .permit(permit) }
            if let failure = state.failure { return .failed(failure) }
            let now = BootClock.now
            guard state.permits.wantsRead(at: now) else { return .wait }
            state.permits.readBegan(at: now)
            return .read
        }
    }

    private func wait(of ticket: LocalPermits.Ticket) async {
        await withCheckedContinuation { continuation in
            let mustWait = self.state.withLock { state in
                guard let waiter = state.waiters[ticket], waiter.permit == nil, !waiter.isCancelled, state.failure == nil,
                    !state.permits.wantsRead(at: BootClock.now)
                else { return false }
                state.waiters[ticket]?.continuation = continuation
                return true
            }
            if !mustWait { continuation.resume() }
        }
    }

    /// One of those who wait reads for all.
    private func read() async {
        do {
            let bot = try await self.source()
            self.update(wakesAll: true) { state, now in
                state.permits.readEnded(Self.limit(bot), maxConcurrency: bot.maxConcurrency, at: now)
            }
        } catch GatewayBotError.unauthorized {
            self.update(wakesAll: true) { state, now in
                state.permits.readAbandoned(at: now)
                state.failure = .unauthorized
                return []
            }
        } catch  where Task.isCancelled {
            self.update(wakesAll: true) { state, now in
                state.permits.readAbandoned(at: now)
                return []
            }
        } catch {
            self.logger.warning("GET /gateway/bot failed; it is tried again", metadata: [LogKey.reason: "\(error)"])
            self.update(wakesAll: true) { state, now in
                state.permits.readFailed(at: now)
                return []
            }
        }
    }

    private static func limit(_ bot: GatewayBot) -> SessionStartLimit {
        SessionStartLimit(total: bot.total, remaining: bot.remaining, resetAfterMilliseconds: bot.resetAfterMilliseconds)
    }

    // MARK: State and time

    /// Changes the state, hands out what that gives, and arms the timer anew. Nobody is woken under the lock.
    private func update(wakesAll: Bool = false, _ change: (inout State, Instant) -> [LocalPermits.Effect]) {
        let (woken, isBudgetNews) = self.state.withLock { state -> ([CheckedContinuation<Void, Never>], Bool) in
            let now = BootClock.now
            var effects = change(&state, now)[...]
            var woken: [CheckedContinuation<Void, Never>] = []
            while let effect = effects.popFirst() {
                switch effect {
                case .offer(let ticket, let permit):
                    guard state.waiters[ticket] != nil else {
                        effects += state.permits.ended(permit, .notSent, at: now)
                        continue
                    }
                    state.waiters[ticket]?.permit = permit
                    if let continuation = state.waiters[ticket]?.continuation.take() { woken.append(continuation) }
                case .go(let permit, let validUntil): state.commits[permit]?.result = .success(validUntil)
                case .withdrawn(let permit): state.commits[permit]?.result = .failure(PermitWithdrawn())
                }
            }
            for permit in state.commits.keys where state.commits[permit]?.result != nil {
                if let continuation = state.commits[permit]?.continuation.take() { woken.append(continuation) }
            }
            if wakesAll || state.permits.wantsRead(at: now) {
                for ticket in state.waiters.keys.sorted() {
                    guard let continuation = state.waiters[ticket]?.continuation.take() else { continue }
                    woken.append(continuation)
                    // For a read one is enough.
                    if !wakesAll { break }
                }
            }
            let isSpent = !state.waiters.isEmpty && state.permits.isBudgetSpent(at: now)
            let isNews = isSpent && !state.isBudgetSaid
            state.isBudgetSaid = isSpent
            self.armTimer(&state)
            return (woken, isNews)
        }
        if isBudgetNews { self.logger.error("The session start budget is at its floor: shards wait for its reset to IDENTIFY") }
        for continuation in woken { continuation.resume() }
    }

    private func armTimer(_ state: inout State) {
        let now = BootClock.now
        guard let deadline = state.permits.deadline(after: now) else { return }
        if let timer = state.timer {
            guard deadline < timer.due else { return }
            timer.task.cancel()
        }
        let task = self.eventLoop.scheduleTask(in: .nanoseconds(deadline.nanoseconds - now.nanoseconds)) { [weak self] in
            guard let self else { return }
            self.state.withLock { $0.timer = nil }
            self.update { state, now in state.permits.timePassed(to: now) }
        }
        state.timer = (deadline, task)
    }
}
