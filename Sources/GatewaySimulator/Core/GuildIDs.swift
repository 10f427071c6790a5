import GatewayModel

/// Guild ids as Discord makes them: a creation time in the upper 42 bits, the rest even, so that ids of channels and roles fit between them.
public enum GuildIDs {
    /// `count` different ids, always the same for one seed.
    public static func make(count: Int, seed: UInt64) -> [UInt64] {
        var random = SplitMix(state: seed)
        var ids: [UInt64] = []
        // 2015-2021, in steps that keep ids different and their shards spread.
        var milliseconds: UInt64 = 13_000_000_000
        for _ in 0..<count {
            milliseconds += 1 + random.next() % 180_000
            ids.append(milliseconds << 22 | (random.next() % 4096) << 8)
        }
        return ids
    }
}
