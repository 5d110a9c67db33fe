package import LedgerValues

/// Bars of a symbol, ascending by time, each time once.
package struct PricedBars: Sendable {
    package private(set) var bars: [Bar]

    package init(_ bars: [Bar]) { self.bars = bars.sorted { $0.timestamp < $1.timestamp } }

    package static let none = PricedBars([])

    func from(_ instant: Instant) -> ArraySlice<Bar> { bars[(bars.firstIndex { $0.timestamp >= instant } ?? bars.count)...] }
    func before(_ instant: Instant) -> ArraySlice<Bar> { bars[..<(bars.firstIndex { $0.timestamp >= instant } ?? bars.count)] }
}

extension Bar {
    /// The price that stands for the bar: its VWAP if it is above zero; else the mean of high, low and close; else its close.
    package var price: ExactNumber? {
        if let vwap, vwap > .zero { return vwap.exact }
        if let high, let low, let close { return (high.exact + low.exact + close.exact).divided(by: ExactNumber(3)) }
        return close?.exact
    }

    /// Missing volume is none.
    var tradedVolume: ExactNumber { volume?.exact ?? .zero }

    /// The date of a daily bar.
    var date: CalendarDate { timestamp.date }
}
