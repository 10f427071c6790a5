/// The clock of production: `ContinuousClock`, which on Linux is CLOCK_BOOTTIME and so counts time in suspend.
///
/// Leases are measured with it. Machines never see it; shells pass its `now` in.
public enum BootClock {
    private static let origin = ContinuousClock.now

    /// Nanoseconds since this process first asked, plus one hour, so that instants before "now" stay positive.
    public static var now: Instant {
        Instant(nanoseconds: 3_600_000_000_000 + (ContinuousClock.now - self.origin).inNanoseconds)
    }
}
