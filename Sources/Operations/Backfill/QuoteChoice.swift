import LedgerPostgres
import LedgerValues
package import OptionTrades

/// Which source a backfill asks.
package enum QuoteChoice: Sendable {
    /// Imported `option_quote` observations.
    case log
    case vendor(any QuoteSource)

    /// `log`, a vendor's name, or `auto`: the first vendor whose key is configured, else the log.
    ///
    /// Throws `BackfillError.badOptions` for another name, and `notConfigured` if the vendor's key is absent.
    package init(named name: String, _ settings: Settings) throws(BackfillError) {
        if name == "log" {
            self = .log
            return
        }
        if name == "auto" {
            for vendor in Ingestion.quotes {
                guard let key = settings.values[vendor.key.name] else { continue }
                self = .vendor(vendor.open(settings.values, key))
                return
            }
            self = .log
            return
        }
        guard let vendor = Ingestion.quotes.first(where: { $0.name == name }) else {
            throw .badOptions("quotes: expected log, \(Ingestion.quotes.map(\.name).joined(separator: ", ")) or auto")
        }
        guard let key = settings.values[vendor.key.name] else {
            throw .notConfigured("\(vendor.key.name) is not set: expected \(vendor.key.expected)")
        }
        self = .vendor(vendor.open(settings.values, key))
    }

    /// The source's name, as in summaries.
    var name: String {
        switch self {
        case .log: LogQuotes.name
        case .vendor(let source): source.name
        }
    }

    /// The requests to a vendor that ascending look-ups take at least.
    func leastCalls(for lookups: [QuoteLookup]) -> Int {
        switch self {
        case .log: 0
        case .vendor(let source): source.leastCalls(for: lookups)
        }
    }

    /// The source, ready to answer these look-ups as of a position.
    func open(_ ledger: Ledger, _ lookups: [QuoteLookup], upTo position: Int64) async throws -> any QuoteSource {
        switch self {
        case .log: try await ledger.pool.run { session in try LogQuotes(answering: lookups, upTo: position, session) }
        case .vendor(let source): source
        }
    }
}
