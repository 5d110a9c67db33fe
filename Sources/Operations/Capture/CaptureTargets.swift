package import LedgerValues
package import OptionTrades

/// Series of markets and of symbols as a user names them: `gex,spot`, `chain:SPY,MSTR`, `bars:COIN`.
///
/// Names have commas between them. Symbols follow the kind that the nearest name before them begins with; `bars` are those of minutes
/// and of days.
package struct CaptureTargets: Sendable, Equatable {
    /// A series of a symbol.
    package struct OfSymbol: Sendable, Hashable {
        package let series: CaptureSeries
        package let symbol: String
    }

    package private(set) var series: [CaptureSeries] = []
    package private(set) var symbols: [OfSymbol] = []

    /// Throws the problem as text that begins with the bad name.
    package init(parsing text: String) throws(SettingProblem) {
        var kinds: [CaptureSeries] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let name = String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
            let sides = name.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            if sides.count == 2 {
                guard let named = Self.kinds(sides[0]) else { throw Self.unknown(name) }
                kinds = named
                try add(sides[1], kinds)
            } else if !kinds.isEmpty, MarketSymbol.isTicker(name) {
                try add(name, kinds)
            } else {
                guard let one = CaptureSeries(rawValue: name), !one.isOfSymbols else { throw Self.unknown(name) }
                guard !series.contains(one) else { throw SettingProblem("names \(name) twice") }
                series.append(one)
                kinds = []
            }
        }
    }

    private mutating func add(_ symbol: String, _ kinds: [CaptureSeries]) throws(SettingProblem) {
        for kind in kinds {
            if let problem = Self.problem(of: symbol, for: kind) { throw SettingProblem(problem) }
            let target = OfSymbol(series: kind, symbol: symbol)
            guard !symbols.contains(target) else { throw SettingProblem("names \(kind.rawValue) of \(symbol) twice") }
            symbols.append(target)
        }
    }

    private static func kinds(_ text: String) -> [CaptureSeries]? {
        switch text {
        case "chain": [.chain]
        case "bars": [.minuteBars, .dailyBars]
        default: nil
        }
    }

    private static func unknown(_ name: String) -> SettingProblem {
        SettingProblem("unknown series `\(name)`; expected one or more of \(CaptureOptions.names), chain:SYMBOL, bars:SYMBOL")
    }

    /// Why a symbol has no such series; nil if a vendor is asked for it.
    package static func problem(of symbol: String, for series: CaptureSeries) -> String? {
        guard MarketSymbol.isTicker(symbol) else {
            return "`\(symbol)` is no symbol: expected a capital letter and up to nine of A–Z 0–9 ."
        }
        guard !Ingestion.symbols.contains(where: { $0.covers(series, symbol) }) else { return nil }
        return series == .chain ? "no vendor has chains of \(symbol)" : "no vendor has bars of \(symbol), which is no share here"
    }
}
