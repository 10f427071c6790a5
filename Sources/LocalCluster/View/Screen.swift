import Foundation

/// Where the view goes: a terminal that is redrawn in place, or plain lines.
struct Screen: Sendable {
    let isTerminal: Bool
    private let colour: Bool

    /// - Parameter plain: plain lines even on a terminal.
    init(plain: Bool) {
        let environment = ProcessInfo.processInfo.environment
        self.isTerminal = !plain && isatty(1) == 1 && environment["TERM"] != "dumb"
        self.colour = environment["NO_COLOR", default: ""].isEmpty
    }

    /// Takes the terminal's other page, so that what stood there comes back at the end.
    func open() {
        if self.isTerminal { Self.write("\u{1b}[?1049h\u{1b}[?25l\u{1b}[2J") }
    }

    func close() {
        if self.isTerminal { Self.write("\u{1b}[?25h\u{1b}[?1049l") }
    }

    func draw(_ model: ViewModel) {
        let (width, height) = Self.size
        let lines = ViewRenderer(width: width, height: height, colour: self.colour).render(model)
        // Home; each line and the rest of the screen cleared behind what is written, so that nothing flickers.
        Self.write("\u{1b}[H" + lines.map { $0 + "\u{1b}[K" }.joined(separator: "\r\n") + "\u{1b}[J")
    }

    func print(_ line: String) {
        Self.write(line + "\n")
    }

    private static var size: (width: Int, height: Int) {
        var size = winsize()
        guard ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return (80, 24) }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    private static func write(_ text: String) {
        // Where the terminal is gone nobody misses it.
        try? FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
    }
}
