import Curl
package import LedgerJSON
package import OptionTrades

/// How rows of the Alpha feed are read.
struct AlphaReader: ExecutionReader {
    let scope: ExecutionScope
    let redaction: RowRedaction

    func redact(_ row: JSONValue) throws(JSONError) -> JSONValue { try redaction.apply(row) }

    func normalize(_ row: JSONValue) -> NormalizedRow { RowNormalizer.normalize(row, scope: scope) }
}

/// The Alpha feed as a source of executions: the rows of `alpha_sync`.
package struct AlphaSource: ExecutionSource {
    private let reader: AlphaReader
    private let client: AlphaFeedClient

    /// - Parameter redaction: what of the rows is replaced before they are stored.
    package init(_ client: AlphaFeedClient, scope: ExecutionScope, redaction: RowRedaction = RowRedaction()) {
        reader = AlphaReader(scope: scope, redaction: redaction)
        self.client = client
    }

    package var feedName: String { TradeLedger.standardFeed }

    package var scope: ExecutionScope { reader.scope }

    package func redact(_ row: JSONValue) throws(JSONError) -> JSONValue { try reader.redact(row) }

    package func normalize(_ row: JSONValue) -> NormalizedRow { reader.normalize(row) }

    nonisolated(nonsending) package func pages(
        _ query: SourceQuery, onPage: (JSONElements, Int) async throws -> Void
    ) async throws -> SourceRunEnd {
        do {
            return try await client.pages(
                scope: scope, updatedSince: query.updatedSince, lowestWatermark: query.lowestWatermark
            ) { page, number in try await onPage(page.rows, number) }
        } catch let error as FeedError {
            throw SourceError(error)
        }
    }
}

extension SourceError {
    init(_ error: FeedError) {
        let kind: Kind =
            switch error {
            case .transport(let failure) where failure.code == .timedOut: .timedOut
            case _ where error.isConfigurationProblem: .notConfigured
            case _ where error.isUnreachable: .unreachable
            default: .contract
            }
        // Who reads of it should know where to look.
        let prefix = kind == .notConfigured ? "ALPHA_TRADE_FEED_URL, ALPHA_TRADE_FEED_API_KEY: " : ""
        self.init(kind, code: error.code, "\(prefix)\(error)")
    }
}
