import Foundation

/// A line on standard output at once, piped or not.
func say(_ line: String) {
    FileHandle.standardOutput.write(Data((line + "\n").utf8))
}
