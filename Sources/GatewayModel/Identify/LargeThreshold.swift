/// `large_threshold` of IDENTIFY: members from which on a guild counts as large.
package enum LargeThreshold {
    /// What Discord takes.
    package static let range = 50...250
}
