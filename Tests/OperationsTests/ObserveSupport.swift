import Foundation
import LedgerEvents
import LedgerPostgres
import LedgerStore
import LedgerValues
import MarketData
import Operations
import OptionTrades
import TestSupport

/// A ledger, and a folder for the files to import.
struct ObserveBench: Sendable {
    let ledger: LedgerDatabase
    let folder: String

    /// Writes a file and gives its path.
    func file(_ name: String, _ text: String) throws -> String {
        let path = "\(folder)/\(name)"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return path
    }

    @discardableResult
    func run(
        _ files: [String], apply: Bool = true, strict: Bool = false, shown: Int = 20, format: ImportFormat? = nil,
        unit: VolatilityUnit = .points, onProgress: @escaping @Sendable (ObservationImport.Progress) -> Void = { _ in }
    ) async throws -> ImportSummary {
        try await ObservationImport(
            pool: ledger.pool, log: ledger.log, configuration: ledger.configuration, temporaryDirectory: folder,
            onProgress: onProgress
        ).run(
            files,
            ObservationImportOptions(apply: apply, strict: strict, format: format, unit: unit, shownFaults: shown))
    }

    /// Writes the lines to a file and imports it.
    @discardableResult
    func importing(_ lines: [String], apply: Bool = true, strict: Bool = false) async throws -> ImportSummary {
        let path = try file("\(UUID().uuidString).ndjson", lines.joined(separator: "\n") + "\n")
        return try await run([path], apply: apply, strict: strict)
    }

    func events() async throws -> [RecordedEvent] {
        try await ledger.pool.run { session in try LogReader().events(after: 0, limit: 1_000_000, session) }
    }

    func head() async throws -> Int64 {
        try await ledger.pool.run { session in try LogReader().head(session).position }
    }

    /// The prices of each stream of `spot` observations in their order, by `currency@timestamp`.
    func prices() async throws -> [String: [String]] {
        var prices: [String: [String]] = [:]
        for event in try await events() {
            guard let payload = try TradeEvents.registry.payload(of: event).payload(as: MarketObservedPayload.self) else { continue }
            let key = "\(payload.subject)@\(payload.timestamp)"
            let price = payload.decimal("price")?.description ?? "null"
            prices[key, default: []].append(price)
            if prices[key]?.count != Int(event.streamVersion) { prices[key] = ["out of order"] }
        }
        return prices
    }
}

func withObserve<T>(_ body: (ObserveBench) async throws -> T) async throws -> T {
    let folder = try temporaryDirectory()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try await withLedger { ledger in try await body(ObserveBench(ledger: ledger, folder: folder)) }
}

/// A `spot` observation at a second of a day.
func spotLine(_ currency: String, second: Int, price: Int) -> String {
    let instant = Instant(microseconds: 1_769_000_000_000_000 + Int64(second) * 1_000_000) ?? .minimum
    return #"{"kind":"spot","currency":"\#(currency)","timestamp":"\#(instant)","price":\#(price)}"#
}
