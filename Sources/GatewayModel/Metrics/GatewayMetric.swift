/// The metrics of this library: names, kinds and labels, each once. What they mean is told in the article Metrics of the documentation.
package enum GatewayMetric: String, Hashable, Sendable, CaseIterable {
    case shards = "muster_gateway_shards"
    case connections = "muster_gateway_connections_total"
    case dialFailures = "muster_gateway_dial_failures_total"
    case disconnects = "muster_gateway_disconnects_total"
    case identifies = "muster_gateway_identifies_total"
    case resumes = "muster_gateway_resumes_total"
    case dispatches = "muster_gateway_dispatches_total"
    case pruned = "muster_gateway_pruned_total"
    case gaps = "muster_gateway_gaps_total"
    case anomalies = "muster_gateway_anomalies_total"
    case heartbeatRoundTrip = "muster_gateway_heartbeat_round_trip_seconds"
    case commands = "muster_gateway_commands_total"
    case memberRequests = "muster_gateway_member_requests_total"

    package enum Kind: String, Sendable {
        /// Only rises.
        case counter
        /// A number of things that there are now.
        case gauge
        /// Times, of which a backend keeps what it is made for.
        case timer
    }

    package var kind: Kind {
        switch self {
        case .shards: .gauge
        case .heartbeatRoundTrip: .timer
        case .connections, .dialFailures, .disconnects, .identifies, .resumes, .dispatches, .pruned, .gaps, .anomalies, .commands, .memberRequests: .counter
        }
    }

    /// Of few values each: never a shard, a guild or a text of Discord's.
    package var labels: [String] {
        switch self {
        case .shards: ["phase"]
        case .dialFailures, .gaps: ["reason"]
        case .disconnects: ["disposition", "code", "reason"]
        case .identifies, .resumes, .commands, .memberRequests: ["outcome"]
        case .pruned: ["type"]
        case .anomalies: ["kind"]
        case .connections, .dispatches, .heartbeatRoundTrip: []
        }
    }
}
