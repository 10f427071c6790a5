/// One line of the result.
struct BenchCase: Sendable {
    var name: String
    var traffic: TrafficPlan
    var delivery = ClientPlan.Delivery.inline
    var bounds: [Bound] = []
    /// Measured with the same traffic. What a machine could do at best is the sum of those that are not for comparison only.
    var limits: [LimitKind] = []

    /// Parts of the work that are done whatever the library: bytes come from the kernel, and are inflated.
    var physicalLimits: [LimitKind] { self.limits.filter { $0 == .read || $0 == .inflate } }
}
