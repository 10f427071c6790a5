import Testing

@testable import muster

@Suite("Settings")
struct SettingsTests {
    @Test(
        "an operator's times are read",
        arguments: [("250ms", Duration.milliseconds(250)), ("30s", .seconds(30)), ("10m", .seconds(600)), ("2h", .seconds(7200))])
    func durations(text: String, duration: Duration) {
        #expect(Duration(operatorText: text) == duration)
    }

    @Test("what is no time is refused", arguments: ["", "s", "10", "-1s", "1.5s", "10 s", "99999999999999999h", "10d"])
    func badDurations(text: String) {
        #expect(Duration(operatorText: text) == nil)
    }
}
