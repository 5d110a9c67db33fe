/// What a fetched row came to.
package enum NormalizedRow: Sendable {
    /// The row keeps its source's contract.
    ///
    /// `unknown`: the keys that the contract doesn't name, in source order, each with the exact source text of its value.
    case accepted(ExecutionRow, unknown: [(key: String, sourceText: String)])

    /// The row breaks its source's contract.
    ///
    /// - `raw`: the row's exact source text.
    /// - `reasons`: all of them, sorted bytewise, each once, as in `invalid:strike`.
    /// - `sourceTradeID`: the trade id, if it can be read in spite of the rest.
    /// - `unknownKeys`: the keys that the contract doesn't name, in source order.
    case rejected(raw: String, reasons: [String], sourceTradeID: String?, unknownKeys: [String])
}
