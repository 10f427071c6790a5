import Glibc

/// `errno` in words: `No space left on device (28)`.
enum SystemText {
    static func of(_ code: Int32) -> String {
        guard let text = strerror(code) else { return "error \(code)" }
        return "\(String(cString: text)) (\(code))"
    }
}
