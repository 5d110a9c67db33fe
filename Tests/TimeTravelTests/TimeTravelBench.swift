import LedgerEvents
import LedgerJSON
import LedgerPostgres
import LedgerProjections
import LedgerStore
import LedgerValues
import Logging
import Operations
import OptionTrades
import TestSupport
import Testing

/// A ledger under two versions of every projection's rules, and folds from zero to hold its answers against.
struct TimeTravelBench: Sendable {
    let ledger: Ledger
    let uri: String
    static let run = UniqueID(high: 5, low: 5)

    /// Another program's ledger over the same database: nothing is cached in it.
    func restarted<T>(_ body: (TimeTravelBench) async throws -> T) async throws -> T {
        try await Self.open(uri, body)
    }

    static func open<T>(
        _ uri: String, environment: [String: String] = [:], _ body: (TimeTravelBench) async throws -> T
    ) async throws -> T {
        let ledger = try await Ledger.open(
            try Settings(environment: ledgerEnvironment(uri, environment)),
            Resources(root: TwoVersions.root), migration: .always, logger: quiet)
        let result: Result<T, any Error>
        do { result = .success(try await body(TimeTravelBench(ledger: ledger, uri: uri))) } catch { result = .failure(error) }
        await ledger.close()
        return try result.get()
    }

    func append(_ events: some Sequence<NewEvent>) async throws {
        try await ledger.log.append(Array(events), runID: Self.run)
    }

    func project() async throws { try await ledger.bringUpToDate(ledger.registry.names) }

    func events() async throws -> [RecordedEvent] {
        try await ledger.pool.run { session in try LogReader().events(after: 0, limit: 10_000, session) }
    }

    /// A page, small enough that lists go over several.
    func list(_ view: View, _ ask: ViewRequest) async throws -> (rows: [String], last: ViewPage) {
        var ask = ask
        ask.limit = 7
        var rows: [String] = []
        while true {
            let page = try await ViewReader(ledger).page(view, ask)
            rows += page.rows.map { String(decoding: $0, as: UTF8.self) }
            guard let cursor = page.nextCursor else { return (rows, page) }
            ask.cursor = cursor
        }
    }

    func definition(_ view: View, _ version: String) throws -> ProjectionDefinition {
        try #require(ledger.registry.newestDefinition(view.projection, version: version))
    }
}

private let quiet: Logger = {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    return logger
}()

func withTimeTravel<T>(
    environment: [String: String] = [:], _ body: (TimeTravelBench) async throws -> T
) async throws -> T {
    try await withDatabase { uri in try await TimeTravelBench.open(uri, environment: environment, body) }
}

/// A fold of events from zero, in memory, shown as readers see it.
struct FoldFromZero {
    let definition: ProjectionDefinition
    private let fold: CompleteFold

    init(_ definition: ProjectionDefinition) {
        self.definition = definition
        fold = definition.completeFold()
    }

    func apply(_ record: RecordedEvent) throws {
        if let event = try definition.decode(record) { try fold.apply(event) }
    }

    /// The rows in key order, published as of a moment; of outcomes those at the horizons of a reader who asks for none.
    func rows(now: Instant) throws -> [String] {
        let horizons = (try definition.selection(parsing: nil)?.selection as? [Horizon])?.map(\.key) ?? []
        var rows: [String] = []
        try fold.forEachRow { key, document in
            if !horizons.isEmpty, !horizons.contains(key.parts[2].text) { return }
            let shown = definition.present(try JSONDocument(parsing: document), now: now)
            var out: [UInt8] = []
            definition.columns.appendPublished(try JSONDocument(parsing: shown), to: &out)
            rows.append(String(decoding: out, as: UTF8.self))
        }
        return rows
    }

    /// Visits the stored documents.
    func forEachDocument(_ visit: (JSONDocument) throws -> Void) throws {
        try fold.forEachRow { _, document in try visit(try JSONDocument(parsing: document)) }
    }

    func digest() throws -> String {
        var digest = RowDigest(definition.columns)
        try fold.forEachRow { _, document in try digest.add(document) }
        return digest.finish()
    }
}
