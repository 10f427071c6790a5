import GatewayModel

/// The clock of one process: an origin of its own, and a rate that differs from true time by at most 1 % (A1).
struct NodeClock {
    /// True time at which the process started.
    var start: Int64
    /// What its clock showed then.
    var origin: Int64
    /// Parts per million it runs fast; negative: slow.
    var drift: Int64

    func local(_ time: Int64) -> Instant {
        let elapsed = time - self.start
        return Instant(nanoseconds: self.origin + elapsed + elapsed / 1_000_000 * self.drift + elapsed % 1_000_000 * self.drift / 1_000_000)
    }

    /// The first true time at which `local` is at least `instant`.
    func time(_ instant: Instant) -> Int64 {
        let elapsed = instant.nanoseconds - self.origin
        guard elapsed > 0 else { return self.start }
        let rate = 1_000_000 + self.drift
        var time = self.start + elapsed / rate * 1_000_000 + elapsed % rate * 1_000_000 / rate
        while self.local(time) < instant { time += 1 }
        return time
    }
}
