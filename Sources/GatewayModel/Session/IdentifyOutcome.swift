/// How one IDENTIFY ended, as the process that holds the permit saw it. Only `notSent` and the first three prove when Discord processed it.
public enum IdentifyOutcome: String, Hashable, Codable, Sendable, CaseIterable {
    /// READY arrived.
    case ready
    /// Op 9 arrived: too fast, or an internal error.
    case invalidSession
    /// A close frame with a 4xxx code arrived.
    case closed
    /// The permit was not used and never will be.
    case notSent
    /// TCP ended, or nothing came: Discord may or may not have processed it.
    case unknown
}
