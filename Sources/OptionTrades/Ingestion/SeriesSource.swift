package import LedgerValues

/// A series of observations that a vendor is asked for (docs/contract/market-capture.md, "Series"). The raw value is its name in
/// commands and settings, and the type of its snapshots. The cases stand in the order in which a run asks for them.
package enum CaptureSeries: String, Sendable, Hashable, CaseIterable {
    case gex
    case volMetrics = "vol_metrics"
    case ivSurface = "iv_surface"
    case termStructure = "term_structure"
    case spot
    case oi
    case funding
    case basis
    case liquidations
    case putCall = "put_call"
    case volume
    case volCone = "vol_cone"
    /// The options of a symbol as they stand when they are asked for.
    case chain
    /// Bars of a symbol, by blocks of four hours.
    case minuteBars = "bars_1m"
    /// Bars of a symbol, by months.
    case dailyBars = "bars_1d"
    /// Last, since prints take most of a budget of calls.
    case prints

    /// The series of markets, which have no symbol.
    package static let ofMarkets = allCases.filter { !$0.isOfSymbols }

    /// Whether it is of a symbol, and its observations are lists of rows.
    package var isOfSymbols: Bool { self == .chain || isOfBars }

    package var isOfBars: Bool { self == .minuteBars || self == .dailyBars }

    /// Whether it has one time a UTC day, 00:00, so that it is asked for in whole days.
    package var isDaily: Bool { self == .oi || self == .volCone }

    /// The longest window of one look-up.
    package var maximumHours: Int {
        switch self {
        case .prints, .putCall, .liquidations, .termStructure: 1
        case .gex: 6
        case .minuteBars: 7 * 24
        // A year of months.
        case .dailyBars: 12 * stepHours
        default: 24
        }
    }

    /// The hours that a snapshot stands for. Of daily bars, whose snapshots stand for months, those of the longest one.
    package var stepHours: Int {
        switch self {
        case .minuteBars: 4
        case .dailyBars: 31 * 24
        default: isDaily ? 24 : 1
        }
    }
}

/// A span of time, [from, to).
package struct SeriesWindow: Sendable, Hashable {
    package let from: Instant
    package let to: Instant

    package init(from: Instant, to: Instant) {
        self.from = from
        self.to = to
    }

    package func contains(_ instant: Instant) -> Bool { from <= instant && instant < to }
}

/// What a vendor had of a series.
package struct SeriesAnswer: Sendable {
    /// Of the window alone, each identity once.
    package var observations: [MarketObservedPayload] = []
    /// The answers that were read.
    package var pages = 0
    /// Rows that gave no observation.
    package var skippedRows = 0
    /// Rows, or figures of rows, that were left out on purpose, by reason.
    package var leftOut: [String: Int] = [:]

    package init() {}
}

/// Why a vendor gave nothing of a series, as a sentence without secrets.
package struct SeriesError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: Sendable {
        /// 401 or 403.
        case notEntitled
        /// The vendor did not answer at all.
        case unreachable
        /// The asking task was cancelled.
        case cancelled
        /// Nothing could be sent with these settings.
        case notConfigured
        /// The vendor refused or failed, or its answer can't be used.
        case failed
    }

    package let kind: Kind
    package let description: String

    package init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}

/// A vendor of series of observations.
package protocol SeriesSource: Sendable {
    /// The `observed_source` of its observations.
    var name: String { get }
    /// Requests sent so far.
    var callsMade: Int { get }

    /// The observations of a series of a market in a window, which is no longer than ``CaptureSeries/maximumHours`` and starts
    /// on an hour, for daily series on a day.
    func observations(of series: CaptureSeries, currency: String, in window: SeriesWindow) async throws(SeriesError) -> SeriesAnswer
}

/// A vendor of series as a program registers it.
package struct SeriesVendor: Sendable {
    /// What a user calls it, for example `amberdata`.
    package let name: String
    /// The setting without which it can't be asked, and what was expected of it.
    package let key: (name: String, expected: String)
    /// The markets whose series it has.
    package let currencies: [String]
    /// The source, ready to be asked. A server of the program's own need not be spared.
    package let open: @Sendable (SettingValues, _ key: String, FundingIntervals, _ isOwnServer: Bool) -> any SeriesSource

    package init(
        name: String, key: (name: String, expected: String), currencies: [String],
        open: @escaping @Sendable (SettingValues, _ key: String, FundingIntervals, _ isOwnServer: Bool) -> any SeriesSource
    ) {
        self.name = name
        self.key = key
        self.currencies = currencies
        self.open = open
    }
}
