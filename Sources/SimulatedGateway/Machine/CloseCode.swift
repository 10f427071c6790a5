/// Discord's gateway close codes, where the simulator sends them.
public enum CloseCode {
    public static let unknownError: UInt16 = 4000
    public static let unknownOpcode: UInt16 = 4001
    public static let decodeError: UInt16 = 4002
    public static let notAuthenticated: UInt16 = 4003
    public static let authenticationFailed: UInt16 = 4004
    public static let alreadyAuthenticated: UInt16 = 4005
    public static let invalidSequence: UInt16 = 4007
    public static let rateLimited: UInt16 = 4008
    public static let sessionTimedOut: UInt16 = 4009
    public static let invalidShard: UInt16 = 4010
    public static let shardingRequired: UInt16 = 4011
    public static let invalidVersion: UInt16 = 4012
    public static let invalidIntents: UInt16 = 4013
    public static let disallowedIntents: UInt16 = 4014

    /// Whether a session is gone once the server closed its connection with this code. The stricter reading where Discord's documents leave it open
    /// (4001, 4003, 4005): a client that resumes there is refused.
    public static func endsSession(_ code: UInt16) -> Bool {
        switch code {
        case 4001, 4003, 4004, 4005, 4007, 4009, 4010...4014: true
        default: false
        }
    }
}
