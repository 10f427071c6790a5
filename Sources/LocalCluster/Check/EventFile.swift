import Foundation

/// Reads whole new lines of a file that another process appends to.
struct EventFile {
    /// A line longer than this is given up: counted as unreadable, and skipped.
    static let longestLine = 64 << 20

    let path: String
    /// Where the next unread line begins.
    private(set) var offset: Int

    init(path: String, offset: Int = 0) {
        self.path = path
        self.offset = offset
    }

    /// Calls `body` with each whole line that was not read yet, without its newline; with `nil` for one that cannot be read.
    ///
    /// A torn last line stays unread: its writer finishes it, or cuts it off when it opens the file again.
    mutating func readNewLines(_ body: (UnsafeRawBufferPointer?) -> Void) {
        let descriptor = open(self.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var size = 1 << 20
        while true {
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 1)
            defer { buffer.deallocate() }
            let count = pread(descriptor, buffer.baseAddress, size, off_t(self.offset))
            guard count > 0 else { return }
            let consumed = Self.lines(UnsafeRawBufferPointer(rebasing: buffer[..<count]), body)
            self.offset += consumed
            if consumed > 0 { continue }
            guard count == size else { return }
            if size >= Self.longestLine {
                body(nil)
                self.offset += count
            } else {
                size *= 4
            }
        }
    }

    /// - Returns: how many bytes the whole lines take.
    static func lines(_ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void) -> Int {
        var start = 0
        while start < bytes.count, let base = bytes.baseAddress,
            let newline = memchr(base + start, Int32(UInt8(ascii: "\n")), bytes.count - start)
        {
            let end = UnsafeRawPointer(newline) - base
            body(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
            start = end + 1
        }
        return start
    }
}
