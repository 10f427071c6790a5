import GatewayModel

extension BenchCase {
    /// The table of issue 3, and what explains it.
    ///
    /// - Parameter events: of one connection where there is one; else of all together.
    static func all(events: Int) -> [BenchCase] {
        var plain = TrafficPlan(events: events)
        let saturated = Bound.allocationsAndReads
        var cases = [
            BenchCase(name: "json-plain", traffic: plain, bounds: [.cpu(1.5)] + saturated, limits: [.read, .memcpy, .scan, .barePipeline]),
            BenchCase(name: "json-pruned", traffic: plain, delivery: .pruned, bounds: [.cpu(1.2)], limits: [.read]),
            BenchCase(name: "json-group", traffic: plain, delivery: .group, limits: [.read]),
            BenchCase(
                name: "json-sequence", traffic: plain, delivery: .sequence,
                bounds: [Bound(metric: .cpuPerMillion, most: .plus(1.5, caseNamed: "json-plain"))], limits: [.read]),
        ]
        plain.isTLS = true
        cases.append(BenchCase(name: "json-tls", traffic: plain, bounds: [.cpu(1.8)] + saturated, limits: [.barePipeline]))
        cases += Self.streams(events: events) + Self.etf(events: events) + Self.mixes(events: events)
        cases += [
            BenchCase(
                name: "json-200-shards", traffic: TrafficPlan(events: max(200, events / 100), connections: 200),
                bounds: [Bound(metric: .cpuPerMillion, most: .times(1.5, caseNamed: "json-plain"))]),
            BenchCase(name: "zlib-200-shards", traffic: TrafficPlan(compression: .zlibStream, events: max(200, events / 200), connections: 200)),
        ]
        return cases + Self.idle
    }

    private static func streams(events: Int) -> [BenchCase] {
        let zlib = TrafficPlan(compression: .zlibStream, events: events)
        let zlibTLS = TrafficPlan(compression: .zlibStream, isTLS: true, events: events)
        let uniqueZlib = TrafficPlan(shape: .uniqueText, compression: .zlibStream, events: events)
        let zstd = TrafficPlan(compression: .zstdStream, events: events)
        let uniqueZstd = TrafficPlan(shape: .uniqueText, compression: .zstdStream, events: events)
        return [
            BenchCase(
                name: "json-zlib", traffic: zlib, bounds: [.cpu(4.5)] + Bound.allocationsAndReads, limits: [.read, .inflate, .barePipeline]),
            BenchCase(name: "json-zlib-pruned", traffic: zlib, delivery: .pruned, limits: [.read, .inflate]),
            BenchCase(name: "json-zlib-tls", traffic: zlibTLS, limits: [.barePipeline]),
            BenchCase(
                name: "json-zlib-unique", traffic: uniqueZlib, bounds: [Bound(metric: .cpuPerMillion, most: .timesLimit(1.3, .inflate))],
                limits: [.read, .inflate]),
            BenchCase(name: "json-zstd", traffic: zstd, bounds: [.cpu(2.5)] + Bound.allocationsAndReads, limits: [.read, .inflate, .barePipeline]),
            BenchCase(name: "json-zstd-unique", traffic: uniqueZstd, limits: [.read, .inflate]),
        ]
    }

    private static func etf(events: Int) -> [BenchCase] {
        let twice = Bound(metric: .cpuPerMillion, most: .times(2, caseNamed: "json-plain"))
        let plain = TrafficPlan(encoding: .etf, events: events)
        return [
            BenchCase(name: "etf-plain", traffic: plain, bounds: [twice] + Bound.allocationsAndReads, limits: [.read]),
            BenchCase(name: "etf-pruned", traffic: plain, delivery: .pruned, limits: [.read]),
            BenchCase(
                name: "etf-data-first", traffic: TrafficPlan(encoding: .etf, isDataFirst: true, events: events), bounds: [twice], limits: [.read]),
            BenchCase(name: "etf-zlib", traffic: TrafficPlan(encoding: .etf, compression: .zlibStream, events: events), limits: [.read, .inflate]),
            BenchCase(name: "etf-zstd", traffic: TrafficPlan(encoding: .etf, compression: .zstdStream, events: events), limits: [.read, .inflate]),
        ]
    }

    private static func mixes(events: Int) -> [BenchCase] {
        [GatewayCompression.none, .zlibStream, .zstdStream].flatMap { compression in
            GatewayEncoding.allCases.map { encoding in
                let traffic = TrafficPlan(shape: .mix, encoding: encoding, compression: compression, events: events / 2)
                let suffix = compression == .none ? "" : "-\(compression.rawValue.prefix(4))"
                return BenchCase(name: "\(encoding)-mix\(suffix)", traffic: traffic, limits: compression == .none ? [.read] : [.read, .inflate])
            }
        }
    }

    /// Two numbers of shards each: what one more costs stands beside what all cost.
    private static var idle: [BenchCase] {
        let kinds: [(name: String, compression: GatewayCompression, isTLS: Bool, most: Double?)] = [
            ("plain", .none, false, 30), ("zlib", .zlibStream, false, 80), ("zstd", .zstdStream, false, nil), ("zlib-tls", .zlibStream, true, 140),
        ]
        return kinds.flatMap { kind in
            [200, 1000].map { connections in
                BenchCase(
                    name: "idle-\(kind.name)-\(connections)",
                    traffic: TrafficPlan(shape: .idle, compression: kind.compression, isTLS: kind.isTLS, events: 120, connections: connections),
                    bounds: kind.most.map { [.kibibytes($0)] } ?? [])
            }
        }
    }
}
