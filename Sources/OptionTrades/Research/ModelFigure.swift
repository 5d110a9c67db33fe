package import LedgerValues

extension FixedDecimal {
    /// A model's figure, rounded half to even to ten digits. Nil if it is not finite or too large.
    package init?(model value: Double) {
        guard value.magnitude < 1e17, let exact = ExactNumber(exactly: value), let rounded = exact.rounded() else { return nil }
        self = rounded
    }
}

/// What every document of research says of itself.
package enum Research {
    package static let disclaimer = "Informational only, no advice; figures follow from recorded data under the named rules."
}
