/// `properties` of IDENTIFY.
public struct IdentifyProperties: Hashable, Sendable {
    /// Of the machine this runs on.
    public var os: String
    /// The library.
    public var browser: String
    /// The library, again.
    public var device: String

    /// Discord only shows and counts them.
    public init(os: String = "linux", browser: String = "muster", device: String = "muster") {
        self.os = os
        self.browser = browser
        self.device = device
    }
}
