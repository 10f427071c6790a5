/// Shard ids as an operator writes them: `3`, or `0-7` with both ends.
public struct ShardRange: Hashable, Sendable {
    public var ids: ClosedRange<Int>

    /// `nil` for what is neither, and for ids beyond 99,999.
    public init?(parsing text: some StringProtocol) {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1], 0 <= first, first <= last, last < 100_000 else { return nil }
        self.ids = first...last
    }
}
