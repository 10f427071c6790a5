import GatewayModel

/// Simulator time: goes on from where a saved state stopped, at the pace of the boot clock.
struct SimulatorClock {
    private let start: Instant
    private let bootStart = BootClock.now

    init(from start: Instant) {
        self.start = start
    }

    var now: Instant { self.start + self.bootStart.duration(to: BootClock.now) }
}
