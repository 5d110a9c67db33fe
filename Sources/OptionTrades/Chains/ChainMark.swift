package import LedgerValues

/// The price that stands for a contract of a chain, and where it comes from.
package struct ChainMark: Sendable {
    package enum Source: String, Sendable {
        case mark, mid, last
    }

    package let price: ExactNumber
    package let source: Source
    /// Whether it is a last price beside a bid of nothing.
    package let isStale: Bool

    /// The chain's own mark, even of 0; else the middle of a sound quote; else the last price. Nil without any.
    package init?(of row: ChainRow) {
        if let mark = row.mark {
            (price, source, isStale) = (mark.exact, .mark, false)
        } else if let bid = row.bid, let ask = row.ask, bid > .zero, ask >= bid,
            let middle = (bid.exact + ask.exact).divided(by: ExactNumber(2))
        {
            (price, source, isStale) = (middle, .mid, false)
        } else if let last = row.last, last > .zero {
            (price, source, isStale) = (last.exact, .last, row.bid?.isZero ?? false)
        } else {
            return nil
        }
    }
}

extension ChainRow {
    /// The IV if it counts.
    package var soundIV: FixedDecimal? { iv.flatMap { $0 > .zero ? $0 : nil } }

    /// `150C`: strike and type.
    package var name: String { "\(strike)\(optionType == .call ? "C" : "P")" }
}
