import ClusterModel
import GatewayModel

extension StoredBudget {
    /// From a row of `application`, with what its store's clock leaves of both terms (negative: ended; `nil`: none known).
    init(used: Int, windowLeft: Duration?, floor: Int?, floorLeft: Duration?) {
        let windowEnded = windowLeft.map { $0 <= .zero } ?? false
        let floorEnded = floorLeft.map { $0 <= .zero } ?? false
        self.init(
            used: windowEnded ? 0 : used, windowEndsIn: windowEnded ? nil : windowLeft, openedFloor: floorEnded ? nil : floor,
            floorOpenFor: floorEnded ? nil : floorLeft)
    }
}

extension RawRepresentable where RawValue == String {
    /// The value that a column names.
    static func reading(_ text: String, in table: String) throws -> Self {
        guard let value = Self(rawValue: text) else { throw UnreadableRow(reason: "`\(text)` in table \(table)") }
        return value
    }
}

extension Comparable {
    func clamped(to range: ClosedRange<Self>) -> Self {
        min(max(self, range.lowerBound), range.upperBound)
    }
}
