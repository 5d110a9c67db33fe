package import MarketData
package import OptionTrades

/// The options of an import of observations.
package struct ObservationImportOptions: Sendable {
    /// False for a dry run, which writes nothing at all.
    package var apply: Bool
    /// Whether a bad line prevents all storing.
    package var strict: Bool
    /// The format. Nil means by the name's ending: CSV for `.csv`, else NDJSON.
    package var format: ImportFormat?
    /// The unit of volatilities in lines without a unit of their own.
    package var unit: VolatilityUnit
    /// The kind of lines without a kind of their own.
    package var kind: MarketKind?
    /// The largest number of bad lines kept for the summary.
    package var shownFaults: Int

    package init(
        apply: Bool, strict: Bool = false, format: ImportFormat? = nil, unit: VolatilityUnit = .points,
        kind: MarketKind? = nil, shownFaults: Int = 20
    ) {
        self.apply = apply
        self.strict = strict
        self.format = format
        self.unit = unit
        self.kind = kind
        self.shownFaults = shownFaults
    }
}

/// The reason why an import did not run.
package enum ObservationImportError: Error, CustomStringConvertible {
    /// A file cannot be opened or read. If it could not be opened, nothing was stored.
    case unreadable(String)
    /// Another import is in progress.
    case alreadyRunning

    package var description: String {
        switch self {
        case .unreadable(let problem): problem
        case .alreadyRunning: "another import of observations is already running"
        }
    }
}
