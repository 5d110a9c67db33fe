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

extension RuleNode {
    /// A list of whole numbers in a range, at least one.
    func wholes(_ name: String, _ range: ClosedRange<Int>) throws -> [Int] {
        let node = try member(name)
        let values = try node.elements().map { element in
            guard let value = Int(try element.scalar()), range.contains(value) else {
                throw element.fail("expected a whole number from \(range.lowerBound) to \(range.upperBound)")
            }
            return value
        }
        guard !values.isEmpty else { throw node.fail("expected at least one whole number") }
        return values
    }

    /// A mapping of names to whole numbers in a range, in the order of the file, at least one.
    func namedWholes(_ name: String, _ range: ClosedRange<Int>) throws -> [(name: String, value: Int)] {
        let node = try member(name)
        let values = try node.members().map { name, value in
            guard let whole = Int(try value.scalar()), range.contains(whole) else {
                throw value.fail("expected a whole number from \(range.lowerBound) to \(range.upperBound)")
            }
            return (name: name, value: whole)
        }
        guard !values.isEmpty else { throw node.fail("expected at least one whole number") }
        return values
    }
}
