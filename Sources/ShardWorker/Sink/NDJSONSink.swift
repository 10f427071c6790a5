import Glibc
public import GatewayModel

/// One line of JSON for each event, in a file or a pipe.
///
/// A file belongs to one process (`flock`) and is only appended to. Its line is accepted once `write(2)` returned for the whole of it, or once
/// `fdatasync` did with `sync`. What a crash left of a line is cut off when the file is opened again.
public struct NDJSONSink: EventSink {
    public let name: String
    private let descriptor: Int32
    private let kind: Kind
    private let sync: Bool

    private enum Kind {
        /// Opened by us: regular, locked, may be cut back.
        case file
        /// A regular file that the shell opened for our standard output.
        case borrowedFile
        /// A pipe, a terminal, a device.
        case stream
    }

    /// At most this much in one `write(2)`.
    private static let writeLimit = 1 << 20
    /// `PIPE_BUF`: a pipe that polls as writable takes this much without blocking.
    private static let pipeLimit = 4096
    /// A pipe's reader may be slow: one call stays short enough for whoever waits for a deadline meanwhile.
    private static let streamBatch = 64 << 10
    private static let pollMilliseconds: Int32 = 100

    /// The number of bytes that `init(file:)` cut off the end: a line that a crash interrupted.
    public let tornBytes: Int

    /// Opens or creates `path`.
    /// - Throws: `OperatorMistake` where it cannot be opened, or where another process writes to it.
    public init(file path: String, sync: Bool) throws(OperatorMistake) {
        self.name = "ndjson:\(path)"
        self.sync = sync
        let descriptor = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0o640)
        let opened = descriptor >= 0 ? descriptor : open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
        guard opened >= 0 else {
            throw OperatorMistake(
                what: "cannot open the event file \(path)", why: SystemText.of(errno), fix: "name a file in a directory that this user may write to")
        }
        self.descriptor = opened
        guard Self.isRegular(opened) else {
            self.kind = .stream
            self.tornBytes = 0
            return
        }
        self.kind = .file
        guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
            Glibc.close(opened)
            throw OperatorMistake(
                what: "the event file \(path) is in use", why: "another process holds its lock", fix: "give each worker a file of its own")
        }
        do {
            self.tornBytes = try Self.cutTornLine(opened)
        } catch {
            Glibc.close(opened)
            throw OperatorMistake(what: "cannot read the end of the event file \(path)", why: SystemText.of(error.code), fix: "check the file and its disk")
        }
    }

    /// A descriptor that somebody else opened, such as standard output; it is duplicated.
    /// - Throws: `OperatorMistake` where it is closed.
    public init(descriptor: Int32, name: String, sync: Bool) throws(OperatorMistake) {
        self.name = name
        self.sync = sync
        self.tornBytes = 0
        self.descriptor = fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
        guard self.descriptor >= 0 else {
            throw OperatorMistake(what: "cannot write events to \(name)", why: SystemText.of(errno), fix: "keep the standard output open, or name a file")
        }
        self.kind = Self.isRegular(self.descriptor) ? .borrowedFile : .stream
    }

    public var mostBytesAtOnce: Int {
        if case .stream = self.kind { Self.streamBatch } else { .max }
    }

    public func write(_ bytes: UnsafeRawBufferPointer) -> SinkWrite {
        guard let base = bytes.baseAddress else { return SinkWrite(written: 0) }
        var written = 0
        while written < bytes.count {
            var limit = Self.writeLimit
            if case .stream = self.kind {
                limit = Self.pipeLimit
                guard self.waitUntilWritable() else { return SinkWrite(written: written, trouble: .readerSlow) }
            }
            let count = Glibc.write(self.descriptor, base + written, min(limit, bytes.count - written))
            if count >= 0 {
                written += count
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN: return SinkWrite(written: written, trouble: .readerSlow)
            case EPIPE: return SinkWrite(written: written, trouble: .readerGone)
            case ENOSPC, EDQUOT, EFBIG: return SinkWrite(written: written, trouble: .diskFull)
            case let code: return SinkWrite(written: written, trouble: .failed(errno: code))
            }
        }
        return SinkWrite(written: written)
    }

    public func confirm() -> SinkTrouble? {
        guard self.sync else { return nil }
        if case .stream = self.kind { return nil }  // nothing to make durable
        while fdatasync(self.descriptor) != 0 {
            switch errno {
            case EINTR: continue
            case ENOSPC, EDQUOT: return .diskFull
            case let code: return .failed(errno: code)
            }
        }
        return nil
    }

    public func cutBack(_ count: Int) -> Bool {
        guard case .file = self.kind else { return false }
        var status = stat()
        guard fstat(self.descriptor, &status) == 0, Int(status.st_size) >= count else { return false }
        return ftruncate(self.descriptor, status.st_size - off_t(count)) == 0
    }

    public func close() {
        Glibc.close(self.descriptor)
    }

    private func waitUntilWritable() -> Bool {
        var entry = pollfd(fd: self.descriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&entry, 1, Self.pollMilliseconds) > 0
    }

    private static func isRegular(_ descriptor: Int32) -> Bool {
        var status = stat()
        return fstat(descriptor, &status) == 0 && (status.st_mode & S_IFMT) == S_IFREG
    }

    private struct ReadFailure: Error {
        var code: Int32
    }

    /// Removes what follows the last newline; returns how many bytes that were.
    private static func cutTornLine(_ descriptor: Int32) throws(ReadFailure) -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw ReadFailure(code: errno) }
        let size = Int(status.st_size)
        var end = size
        var block = [UInt8](repeating: 0, count: 65_536)
        while end > 0 {
            let start = max(0, end - block.count)
            let wanted = end - start
            let count = pread(descriptor, &block, wanted, off_t(start))
            guard count == wanted else { throw ReadFailure(code: count < 0 ? errno : EIO) }
            if let newline = block[..<wanted].lastIndex(of: UInt8(ascii: "\n")) {
                end = start + newline + 1
                break
            }
            end = start
        }
        guard end < size else { return 0 }
        guard ftruncate(descriptor, off_t(end)) == 0 else { throw ReadFailure(code: errno) }
        return size - end
    }
}
