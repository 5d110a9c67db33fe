package import LedgerValues
package import OptionTrades
import Synchronization

/// The vendors of chains and bars under a ledger's settings, each opened once.
package final class SymbolSources: Sendable {
    package struct Source: Sendable {
        package let vendor: String
        package let series: any SeriesSource
    }

    private let ledger: Ledger
    private let question: SymbolQuestion
    private let isOwnServer: Bool
    /// The clock by which sources are asked, and captured.
    let now: @Sendable () -> Instant
    private let open = Mutex<[Source]>([])

    /// - Parameters:
    ///   - isOwnServer: whether the program's own servers stand for the vendors.
    ///   - now: the vendors' clock; nil for the ledger's.
    package init(
        _ ledger: Ledger, _ question: SymbolQuestion, isOwnServer: Bool = false, now: (@Sendable () -> Instant)? = nil
    ) {
        self.now = now ?? ledger.now
        self.ledger = ledger
        self.question = question
        self.isOwnServer = isOwnServer
    }

    /// The vendor of a series of a symbol. Throws ``CaptureError`` if no vendor has it, or if its vendor is not configured.
    package func source(of series: CaptureSeries, _ symbol: String) throws -> Source {
        if let problem = CaptureTargets.problem(of: symbol, for: series) { throw CaptureError.badOptions("symbol: \(problem)") }
        guard let vendor = Ingestion.symbols.first(where: { $0.covers(series, symbol) }) else {
            throw CaptureError.badOptions("symbol: no vendor has \(series.rawValue) of \(symbol)")
        }
        if let known = open.withLock({ $0.first { $0.vendor.isBytewiseEqual(to: vendor.name) } }) { return known }
        let source: Source
        do throws(SettingProblem) {
            let intervals: FundingIntervals
            do { intervals = try ledger.fundingIntervals() } catch { throw SettingProblem("\(error)") }
            source = Source(
                vendor: vendor.name, series: try vendor.open(ledger.settings.values, question, intervals, now, isOwnServer))
        } catch {
            throw CaptureError.notConfigured("\(error)")
        }
        open.withLock { $0.append(source) }
        return source
    }

    /// Requests sent so far to all of them.
    package var callsMade: Int { open.withLock { $0.reduce(0) { $0 + $1.series.callsMade } } }
}
