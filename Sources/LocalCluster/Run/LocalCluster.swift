import ClusterModel
import Foundation
import GatewayModel

/// `muster up`: simulator, coordinator and workers as real processes on loopback, watched, killed and judged from outside.
public enum LocalCluster {
    /// Runs until it is told to stop, or for as long as asked.
    /// - Returns: the exit code: 1 where anything was lost or a limit was broken.
    /// - Throws: `OperatorError` where the cluster cannot run here.
    public static func run(_ options: LocalClusterOptions) async throws -> Int32 {
        let directory = try await StateDirectory.open(options.stateDirectory)
        Signals.catchAll()
        let screen = Screen(plain: options.plain)
        screen.open()
        let ended: (lines: [String], code: Int32)
        do {
            var run = try ClusterRun(options, directory: directory, screen: screen)
            ended = try await run.run()
        } catch {
            screen.close()
            throw error
        }
        screen.close()
        for line in ended.lines { screen.print(line) }
        return ended.code
    }
}
