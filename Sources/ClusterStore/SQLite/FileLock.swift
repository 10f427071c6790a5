import Foundation

/// An exclusive `flock` on a file, held until the value is dropped or its process dies: whoever gets it knows that its predecessor is gone.
final class FileLock: Sendable {
    private let descriptor: Int32

    /// - Parameters:
    ///   - path: the lock file; created where missing, never deleted.
    ///   - subject: the file that it protects, for errors.
    /// - Throws: `StoreError.locked`, `StoreError.unusableFile`.
    init(path: String, protecting subject: String) throws(StoreError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .unusableFile(path: path, reason: String(cString: strerror(errno))) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            let holder = Self.holder(descriptor)
            close(descriptor)
            guard code == EWOULDBLOCK else { throw .unusableFile(path: path, reason: String(cString: strerror(code))) }
            throw .locked(path: subject, holder: holder)
        }
        // Only for the message of whoever comes second; the lock itself is the truth.
        let text = "\(getpid())\n"
        _ = ftruncate(descriptor, 0)
        _ = text.withCString { pwrite(descriptor, $0, strlen($0), 0) }
        self.descriptor = descriptor
    }

    deinit {
        // Not by closing alone: a child process that is just being started may share the descriptor for a moment.
        flock(self.descriptor, LOCK_UN)
        close(self.descriptor)
    }

    private static func holder(_ descriptor: Int32) -> String? {
        var bytes = [UInt8](repeating: 0, count: 20)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        guard count > 0 else { return nil }
        let digits = bytes.prefix(count).prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        return digits.isEmpty ? nil : String(decoding: digits, as: UTF8.self)
    }
}
