package import LedgerValues

extension OptionQuote {
    /// The time at which the quote holds: ``exchangeTimestamp``, else ``timestamp``.
    package var time: Instant { exchangeTimestamp ?? timestamp }
}

extension ExecutionBenchmarkPayload {
    /// The event's valid time: the trade's date, or the quote's time if that is later.
    package var effectiveAt: Instant { max(self.basis.tradeDate, self.quote?.time ?? .minimum) }
}

extension ForwardMarkPayload {
    /// The event's valid time: the target, or the quote's time if that is later. The trade's date stands in for an
    /// absent target.
    package var effectiveAt: Instant { max(self.basis.target ?? self.basis.tradeDate, self.quote?.time ?? .minimum) }
}
