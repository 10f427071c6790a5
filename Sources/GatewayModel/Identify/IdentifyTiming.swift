/// The times that keep two IDENTIFYs of one rate-limit key 5 s apart where they arrive. Source: Discord docs, Gateway › Rate Limiting; protocol.md.
package struct IdentifyTiming: Hashable, Sendable {
    /// From an outcome that proves when Discord processed the IDENTIFY to the next one of its key: 5 s × (1 + 1 %) + 50 ms.
    package var identifySpacing = Duration.milliseconds(5_100)
    /// A key whose permit has no outcome is free this long after the commit: a permit's validity, 10 s on the way, 5 s.
    package var unknownOutcome = Duration.seconds(17)
    /// IDENTIFY is written within this of the holder's taking, or not at all.
    package var permitValidity = Duration.seconds(2)
    /// An offer that is neither taken nor declined is withdrawn after this.
    package var offerLimit = Duration.seconds(16)
    /// Offers go out this long before their key is free, so that dialing costs no time.
    package var offerLead = Duration.seconds(1)

    package init() {}
}
