import JSON
import Values

/// Which of the rows' figures the sums of a code version take in, and what they say of it.
///
/// A published figure can be larger than any input. Code version 1 read it back by the bound of inputs; its answers stay as
/// they were.
public enum SumsVersion: Sendable {
    /// A row whose figure is 10^18 or more falls out of sums, means and counts in silence.
    case withinInputBound
    /// Every figure that a row publishes counts, and each sum or mean has the count of the rows that it covers beside it.
    case complete

    /// The figure in a row's column; nil where there is none that counts.
    func figure(_ value: JSONValue?) -> FixedDecimal? {
        switch self {
        case .withinInputBound: value?.decimal
        case .complete: value?.publishedDecimal
        }
    }
}
