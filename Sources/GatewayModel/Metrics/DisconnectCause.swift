/// Why a connection ended, as far as it can be told apart. The whole reason is in the log.
package enum DisconnectCause: String, Hashable, Sendable, CaseIterable {
    /// The other side closed it, or the network did.
    case closed
    /// A heartbeat was not ACKed before the next one was due.
    case zombie
    /// Op 7.
    case reconnectRequested
    /// Op 9.
    case invalidSession
    /// `s` skipped at least one, so a RESUME is to bring what is missing.
    case sequenceJump
    /// What came cannot be read, or may not come: an anomaly says which.
    case badInput
    /// No HELLO, no READY or no replay came in time.
    case timeout
    /// The permit to IDENTIFY was not granted in time.
    case noPermit
    /// This process may not run the shard any more. Only in a cluster.
    case noAuthority
    /// IDENTIFY or RESUME could not be written.
    case sendFailed
    /// It was ended here: a shutdown, a hand-off, or a re-shard.
    case stopped
}
