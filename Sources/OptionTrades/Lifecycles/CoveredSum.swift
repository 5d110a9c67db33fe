package import LedgerValues

/// A sum over values of which some may be missing: all or null, beside what is known (docs/contract/lifecycles.md, "Columns").
package struct CoveredSum: Sendable, Equatable {
    package enum Coverage: String, Sendable { case complete, partial, missing }

    /// Nil if a value is missing. 0 only if there is nothing to sum.
    package let total: FixedDecimal?
    /// The sum of the known values. Nil if no value is known.
    package let known: FixedDecimal?
    package let coverage: Coverage

    /// Sums exactly, in any order. A sum that does not fit is nil.
    package init(_ values: some Sequence<FixedDecimal?>) {
        var sum = ExactNumber.zero
        var (count, missing) = (0, 0)
        for value in values {
            if let value {
                sum += ExactNumber(value)
                count += 1
            } else {
                missing += 1
            }
        }
        let rounded = sum.rounded()
        total = missing == 0 ? rounded : nil
        known = count == 0 ? nil : rounded
        coverage = missing == 0 ? .complete : count == 0 ? .missing : .partial
    }
}
