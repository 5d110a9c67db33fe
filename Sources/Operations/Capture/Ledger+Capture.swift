import LedgerPostgres
import LedgerRules
import LedgerStore
package import LedgerValues
package import OptionTrades

extension Ledger {
    /// The vendor of series whose key is configured, ready to be asked by the newest installed rules.
    ///
    /// Throws ``CaptureError/notConfigured(_:)`` without a key, and the problem of the rules.
    ///
    /// - Parameter isOwnServer: whether the program's own server stands for the vendor
    package func seriesSource(isOwnServer: Bool = false) throws -> any SeriesSource {
        guard let vendor = Ingestion.series.first, let key = settings.values[vendor.key.name] else {
            let missing = Ingestion.series.map { "\($0.key.name) is not set: expected \($0.key.expected)" }
            throw CaptureError.notConfigured(missing.joined(separator: "; "))
        }
        return vendor.open(settings.values, key, try fundingIntervals(), isOwnServer)
    }

    /// How often venues pay funding by the newest installed rules.
    func fundingIntervals() throws -> FundingIntervals {
        let (prefix, suffix) = ("shared/funding_intervals.v", ".yaml")
        let versions = try resources.files.projectionFiles().filter { $0.hasPrefix(prefix) && $0.hasSuffix(suffix) }
            .compactMap { Int($0.dropFirst(prefix.utf8.count).dropLast(suffix.utf8.count)) }
        // Without a file, the first one is what is missing.
        return try FundingIntervals(path: "\(prefix)\(versions.max() ?? 1)\(suffix)") { try resources.files.projectionFile($0) }
    }

    /// Captures series of symbols, each from the vendor that has it.
    ///
    /// Throws the problem of the settings before anything is asked.
    package func capture(
        options: CaptureOptions, ofSymbolsFrom sources: SymbolSources,
        onProgress: @escaping @Sendable (CaptureRun.Progress) -> Void = { _ in }
    ) async throws -> CaptureSummary {
        try options.check()
        var groups: [(source: SymbolSources.Source, symbols: [String])] = []
        for series in options.series {
            for symbol in options.currencies {
                let source = try sources.source(of: series, symbol)
                if let index = groups.firstIndex(where: { $0.source.vendor.isBytewiseEqual(to: source.vendor) }) {
                    if !groups[index].symbols.contains(symbol) { groups[index].symbols.append(symbol) }
                } else {
                    groups.append((source, [symbol]))
                }
            }
        }
        var whole: CaptureSummary?
        for group in groups {
            var part = options
            part.currencies = group.symbols
            if let limit = options.maximumCalls {
                part.maximumCalls = limit - (whole?.calls ?? 0)
                if part.maximumCalls ?? 0 < 1 {
                    whole?.isCutShort = true
                    break
                }
            }
            let summary = try await capture(part, from: group.source.series, now: sources.now, onProgress: onProgress)
            whole = whole.map { $0.followed(by: summary) } ?? summary
        }
        guard let whole else { throw CaptureError.badOptions("symbols: expected one or more") }
        return whole
    }

    /// Runs a capture.
    ///
    /// - Parameter now: the clock that says what is over; nil for the ledger's.
    package func capture(
        _ options: CaptureOptions, from source: any SeriesSource, now: (@Sendable () -> Instant)? = nil,
        onProgress: @escaping @Sendable (CaptureRun.Progress) -> Void = { _ in }
    ) async throws -> CaptureSummary {
        if options.apply {
            let file = try fundingIntervals().file
            try await pool.run { session in try catalog.recordRules([file], session) }
        }
        let run = CaptureRun(
            pool: pool, log: log, configuration: serviceConfiguration, source: source, now: now ?? self.now, newID: newID,
            onProgress: onProgress)
        let summary = try await run.run(options)
        captures.note(summary)
        return summary
    }
}
