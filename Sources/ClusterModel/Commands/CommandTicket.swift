/// Names one command that a worker was told to send, once and for ever: told to another worker, it gets another ticket.
public struct CommandTicket: Hashable, Comparable, Codable, Sendable, CustomStringConvertible {
    /// Of the coordinator that told it.
    public var epoch: CoordinatorEpoch
    /// From 1, rising within an epoch.
    public var number: Int64

    public init(epoch: CoordinatorEpoch, number: Int64) {
        self.epoch = epoch
        self.number = number
    }

    public static func < (left: Self, right: Self) -> Bool { (left.epoch, left.number) < (right.epoch, right.number) }

    public var description: String { "\(self.epoch)-\(self.number)" }
}
