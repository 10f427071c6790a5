import GatewayModel

/// Which worker gets which shard: equal shares within each capacity, as few moves as possible, contiguous ids where that costs no move.
enum Placement {
    struct Worker: Hashable, Sendable {
        var id: StableID
        var capacity: Int
        /// The shards that are its own now, ascending.
        var shards: [ShardKey]
    }

    /// How many of `count` shards each worker should hold, in the order of `workers`. Shares differ by one at most, but for capacities; the larger
    /// shares go to those that hold more already, so that nothing moves for the sake of a remainder.
    static func quotas(for count: Int, over workers: [Worker]) -> [Int] {
        var quotas = workers.map { _ in 0 }
        var left = min(count, workers.reduce(0) { $0 + $1.capacity })
        var open = workers.indices.filter { workers[$0].capacity > 0 }
        while left > 0, !open.isEmpty {
            let share = left / open.count
            if share == 0 {
                let order = open.sorted { (workers[$1].shards.count, workers[$0].id) < (workers[$0].shards.count, workers[$1].id) }
                for index in order.prefix(left) { quotas[index] += 1 }
                break
            }
            for index in open {
                let more = min(share, workers[index].capacity - quotas[index])
                quotas[index] += more
                left -= more
            }
            open.removeAll { quotas[$0] >= workers[$0].capacity }
        }
        return quotas
    }

    /// Gives every unowned shard a worker, as long as there is capacity: its preferred one where that has room, else one below its share,
    /// else any with room, because a shard without an owner is worse than an uneven spread.
    static func assign(
        _ unowned: [ShardKey], preferring preferred: [ShardKey: StableID], over workers: [Worker], total: Int
    ) -> [(key: ShardKey, worker: StableID)] {
        var workers = workers.sorted { $0.id < $1.id }
        var result: [(key: ShardKey, worker: StableID)] = []
        var rest: [ShardKey] = []
        for key in unowned.sorted() {
            if let index = workers.firstIndex(where: { $0.id == preferred[key] }), workers[index].shards.count < workers[index].capacity {
                workers[index].shards.append(key)
                result.append((key, workers[index].id))
            } else {
                rest.append(key)
            }
        }
        let quotas = Self.quotas(for: total, over: workers)
        var current: Int?
        for key in rest {
            let below = workers.indices.filter { workers[$0].shards.count < quotas[$0] }
            let neighbour = below.first { index in
                workers[index].shards.contains { $0.generation == key.generation && abs($0.shard.rawValue - key.shard.rawValue) == 1 }
            }
            let chosen: Int
            if let current, below.contains(current) {
                chosen = current
            } else if let index = neighbour ?? below.max(by: { quotas[$0] - workers[$0].shards.count < quotas[$1] - workers[$1].shards.count }) {
                chosen = index
            } else if let index = workers.indices.filter({ workers[$0].shards.count < workers[$0].capacity }).min(by: {
                workers[$0].shards.count < workers[$1].shards.count
            }) {
                chosen = index
            } else {
                break  // no capacity left: these stay unowned, and the status says so
            }
            current = chosen
            workers[chosen].shards.append(key)
            result.append((key, workers[chosen].id))
        }
        return result
    }

    /// Planned moves that bring every worker to its share; none where all are. At most `limit`, highest shard ids first.
    static func moves(over workers: [Worker], limit: Int) -> [(key: ShardKey, to: StableID)] {
        let workers = workers.sorted { $0.id < $1.id }
        let quotas = Self.quotas(for: workers.reduce(0) { $0 + $1.shards.count }, over: workers)
        var surplus: [ShardKey] = []
        for index in workers.indices where workers[index].shards.count > quotas[index] {
            surplus += workers[index].shards.sorted().suffix(workers[index].shards.count - quotas[index])
        }
        surplus.sort()
        var moves: [(key: ShardKey, to: StableID)] = []
        for index in workers.indices where workers[index].shards.count < quotas[index] {
            let want = quotas[index] - workers[index].shards.count
            moves += surplus.prefix(want).map { ($0, workers[index].id) }
            surplus.removeFirst(min(want, surplus.count))
        }
        return Array(moves.prefix(limit))
    }

    /// S18: planned moves in flight.
    static func moveLimit(shards: Int) -> Int {
        max(1, min(32, shards / 10))
    }
}
