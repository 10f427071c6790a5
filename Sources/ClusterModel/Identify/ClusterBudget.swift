import GatewayModel

extension StartBudget {
    init(restoring stored: StoredBudget, at now: Instant) {
        var opened: (floor: Int, until: Instant)?
        if let floor = stored.openedFloor, let time = stored.floorOpenFor { opened = (floor, now + time) }
        self.init(used: stored.used, windowEnds: stored.windowEndsIn.map { now + $0 }, openedFloor: opened)
    }

    mutating func readEnded(_ info: GatewayInfo, at now: Instant) {
        let limit = SessionStartLimit(total: info.total, remaining: info.remaining, resetAfterMilliseconds: info.resetAfterMilliseconds)
        self.readEnded(limit, at: now)
    }
}
