/// A row that no Muster writes.
struct UnreadableRow: Error, Hashable {
    var reason: String
}
