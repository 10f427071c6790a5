import GatewayClient

extension ClientPlan {
    func configuration(_ shard: ShardID) -> GatewayShardConfiguration {
        GatewayShardConfiguration(
            shard: shard, numShards: self.traffic.connections + 1, token: Secret("a.benchmark.token"), intents: 513, gatewayURL: self.url,
            encoding: self.traffic.encoding, compression: self.traffic.compression,
            // The markers of the warm-up's end and of the last event are wanted.
            wanted: self.delivery == .pruned ? [.messageDelete] : nil,
            trust: self.certificate.map { .file(BenchCertificate(directory: $0).certificatePath) } ?? .system)
    }
}
