import Foundation
import GatewayModel

/// In a process that `muster up` started: drains it when that parent is gone, however it went.
public enum ParentWatch {
    /// Set by `muster up` for its children.
    static let variable = "MUSTER_CHILD_OF_UP"
    /// How long such a process may take to drain.
    static let patience = Duration.seconds(20)

    /// Does nothing in a process that `muster up` did not start.
    public static func start() {
        guard ProcessInfo.processInfo.environment[self.variable] != nil else { return }
        unsetenv(self.variable)
        Thread.detachNewThread {
            // A blocking read on a thread of its own: it returns when the parent's end of the pipe is closed.
            var byte: UInt8 = 0
            while true {
                let count = read(0, &byte, 1)
                if count == 0 || (count < 0 && errno != EINTR) { break }
            }
            kill(getpid(), SIGTERM)
            Thread.sleep(forTimeInterval: self.patience.inSeconds)
            _exit(1)
        }
    }
}
