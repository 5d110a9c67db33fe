import LedgerJSON
import LedgerValues

/// The rule of a code version for which of the rows' figures enter its sums, and how it reports their coverage.
///
/// A published figure can be larger than any input. Code version 1 read it back with the bound of inputs, and its
/// answers stay as they were.
package enum SumsVersion: Sendable {
    /// Sums, means and counts silently omit a row whose figure is 10^18 or more.
    case withinInputBound
    /// Every published figure counts. Each sum or mean comes with the count of the rows that it covers.
    case complete

    /// The figure in a row's column. Nil if no figure counts.
    func figure(_ value: JSONValue?) -> FixedDecimal? {
        switch self {
        case .withinInputBound: value?.decimal
        case .complete: value?.publishedDecimal
        }
    }
}
