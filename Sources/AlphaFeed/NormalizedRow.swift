import Events
public import OptionTrades

/// What a row of the feed came to.
public enum NormalizedRow: Sendable {
    /// The row keeps the contract.
    ///
    /// `unknown`: the keys that the contract doesn't name, in source order, each with the exact source text of its
    /// value.
    case accepted(ExecutionRow, unknown: [(key: String, sourceText: String)])

    /// The row breaks the contract.
    ///
    /// - `raw`: the row's exact source text.
    /// - `reasons`: all of them, sorted bytewise, each once, as in `invalid:strike`.
    /// - `sourceTradeID`: the trade id, where that can be read in spite of the rest.
    /// - `unknownKeys`: the keys that the contract doesn't name, in source order.
    case rejected(raw: String, reasons: [String], sourceTradeID: String?, unknownKeys: [String])
}
