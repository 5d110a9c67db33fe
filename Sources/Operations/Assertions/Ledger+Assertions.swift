import LedgerProjections
import LedgerStore
import OptionTrades

extension Ledger {
    /// How many assertions are broken, 1,000 standing for that many or more.
    ///
    /// - Parameter position: as of which; nil for what is folded by now. Throws `LedgerError.projectionBehind` if the view has not
    ///   folded up to it
    package func brokenAssertions(asOf position: Int64? = nil) async throws -> Int {
        var request = ViewRequest()
        request.filters = try ViewReader.filters(.assertions, [("state", CheckedAssertion.State.broken.rawValue)])
        request.limit = ViewReader.maximumLimit
        request.asOfPosition = position
        return try await ViewReader(self, isBounded: false).page(.assertions, request).rows.count
    }
}

/// `an assertion is broken` or `3 assertions are broken`.
package func brokenAssertionsText(_ count: Int) -> String {
    count == 1 ? "an assertion is broken" : "\(count)\(count == ViewReader.maximumLimit ? " or more" : "") assertions are broken"
}
