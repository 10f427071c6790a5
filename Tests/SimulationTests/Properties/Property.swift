/// The properties of `docs/protocol.md` that are checked, and two of the harness's own.
enum Property: String, CaseIterable {
    case s1 = "S1 one live owner"
    case s1Prime = "S1' one epoch at the sink"
    case s2 = "S2 authority at the instant of use"
    case s3 = "S3 fences rise"
    case s4 = "S4 coordinator epochs"
    case s5 = "S5 arrival spacing"
    case s6 = "S6 permit discipline"
    case s7 = "S7 budget"
    case s9 = "S9 checkpoint"
    case s10 = "S10 no silent loss"
    case s11 = "S11 order"
    case s12 = "S12 duplicates identifiable"
    case s13 = "S13 heartbeat within accepted"
    case s14 = "S14 close codes"
    case s15 = "S15 fatal is fatal"
    case s17 = "S17 hand-off"
    case c1 = "C1 a command is sent once at the most"
    case c2 = "C2 a command is answered once, with the truth"
    case c3 = "C3 commands of a shard keep their order"
    case p1 = "P1 every shard shows the newest presence"
    case l1 = "L1 restart and goodbye"
    case l2 = "L2 silent death"
    case l4 = "L4 everything live again"
    case l5 = "L5 permit queue"
    case standingStill = "a coordinator restart costs nothing"
    case spins = "no machine asks for the same moment for ever"
    case discordRules = "no other rule of Discord broken"
    case determinism = "two runs of a seed are equal"
}

struct Breach: Error {
    var property: Property
    var time: Int64
    var text: String
}
