import Foundation
import LedgerEvents
import LedgerJSON
import LedgerStore
import LedgerValues
import Operations
import OptionTrades
import SampleScope
import TestSupport

/// A ledger on a database of its own with a feed server beside it.
struct SyncBench: Sendable {
    let ledger: Ledger
    let server: SampleFeedServer

    func operation(
        portfolios: [String] = ["IMST", "ICOI"], includePending: Bool = false, key: String = "test-key"
    ) throws -> SyncOperation {
        SyncOperation(
            ledger: ledger,
            source: try source(portfolios, includePending, key))
    }

    /// The feed's server as the ledger's settings redact its rows.
    private func source(_ portfolios: [String], _ includePending: Bool, _ key: String) throws -> any ExecutionSource {
        var values = ledger.settings.values
        values["ALPHA_TRADE_FEED_API_KEY"] = key
        values["ALPHA_TRADE_FEED_TIMEOUT_SECONDS"] = "10"
        return try Ingestion.executions.standard.open(
            values, SourceRequest(address: server.url, portfolios: portfolios, includePending: includePending))
    }

    @discardableResult
    func sync(
        apply: Bool = true, full: Bool = false, reset: Bool = false, portfolios: [String] = ["IMST", "ICOI"],
        includePending: Bool = false
    ) async throws -> RunSummary {
        try await operation(portfolios: portfolios, includePending: includePending).run(
            SyncOptions(apply: apply, fullScope: full, resetWatermark: reset)
        ).summary
    }

    func events() async throws -> [RecordedEvent] {
        try await ledger.pool.run { session in try LogReader().events(after: 0, limit: 100_000, session) }
    }

    /// Events of one type in position order.
    func events(_ type: EventType) async throws -> [RecordedEvent] {
        try await events().filter { $0.type == type.rawValue }
    }

    /// Folds everything and gives the digest of a projection.
    func digest(_ name: String) async throws -> String {
        guard let definition = ledger.registry.firstDefinition(name) else { throw BadSample() }
        _ = try await ProjectionFollower(definition, pool: ledger.pool, owner: ledger.owner).catchUp()
        return try await ledger.pool.run { session in
            guard let version = try ledger.catalog.served(name, session) else { throw BadSample() }
            let verification = try ProjectionVerifier(definition, version: version).verify(session)
            guard verification.matches else { throw BadSample() }
            return verification.storedDigest
        }
    }

    func view(_ view: View) async throws -> [JSONDocument] {
        for name in ledger.registry.names { _ = try await digest(name) }
        var request = ViewRequest()
        request.limit = 1000
        return try await ViewReader(ledger).page(view, request).rows.map { try JSONDocument(parsing: $0) }
    }
}

func withSync<T>(feed: Feed = .sample, _ body: (SyncBench) async throws -> T) async throws -> T {
    try await withDatabase { uri in
        let ledger = try await openLedger(uri)
        let server = try await SampleFeedServer.start(feed: feed, apiKey: "test-key")
        let result: Result<T, any Error>
        do {
            result = .success(try await body(SyncBench(ledger: ledger, server: server)))
        } catch {
            result = .failure(error)
        }
        await server.stop()
        await ledger.close()
        return try result.get()
    }
}

func openLedger(_ uri: String) async throws -> Ledger {
    let settings = try Settings(environment: ledgerEnvironment(uri))
    return try await Ledger.open(settings, Resources(root: projectRoot), migration: .always)
}

/// A row of the feed as JSON text; `changes` replaces or adds keys by raw JSON, nil removes a key.
func feedRow(_ id: String, updated: String = "2026-01-10T15:00:00Z", _ changes: [String: String?] = [:]) -> String {
    var fields: [String: String] = [
        "tradeId": "\"\(id)\"", "updatedAt": "\"\(updated)\"", "tradeDate": "\"2026-01-10T14:30:00Z\"",
        "tradeStatus": "\"FILLED\"", "portfolioName": "\"IMST\"", "underlyingSymbol": "\"MSTR\"",
        "optionSymbol": "\"MSTR260130C00350000\"", "side": "\"BUY\"", "optionType": "\"CALL\"", "strike": "350",
        "expiry": "\"2026-01-30\"", "filledQuantity": "10", "price": "12.10", "priceCurrency": "\"USD\"",
        "contractMultiplier": "100", "quantityUnit": "\"CONTRACTS\"", "premiumUsd": "12100", "feesUsd": "6.5",
    ]
    for (key, value) in changes { fields[key] = value }
    return "{" + fields.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}"
}
