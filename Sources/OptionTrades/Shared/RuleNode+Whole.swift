import LedgerRules

extension RuleNode {
    /// A whole number not below `minimum`, and small enough that as days or minutes it fits any arithmetic on instants.
    func whole(_ name: String, from minimum: Int) throws -> Int {
        let value = try integer(name)
        guard value >= minimum, value <= 1_000_000 else {
            throw try member(name).fail("expected a whole number from \(minimum) to 1000000")
        }
        return value
    }
}
