package import LedgerJSON
package import LedgerValues

/// How the rows of a source are read: pure, so that a row can be judged without asking the source for it.
package protocol ExecutionReader: Sendable {
    /// Which rows are wanted. Its ``ExecutionScope/source`` is the stored `source` of the rows.
    var scope: ExecutionScope { get }

    /// The row without what must not be kept. A sync compares, hashes and stores only redacted rows.
    func redact(_ row: JSONValue) throws(JSONError) -> JSONValue

    /// Turns a row into the ledger's own terms, or says all that is wrong with it. An absent field is accepted, a malformed one is
    /// not; nothing is filled in, rounded or corrected.
    func normalize(_ row: JSONValue) -> NormalizedRow

    /// Which of two rows of one trade counts.
    var order: RowPrecedence { get }
}

extension ExecutionReader {
    package var order: RowPrecedence { .byTime }
}

/// A source of executions: a vendor's export, a broker's fills, a file.
///
/// A sync fetches all pages of a run, settles the rows against each other and against the log, and appends events whose types
/// follow from the source (``ExecutionEventTypes``). A source only fetches, redacts and reads. The dispatcher takes the pages of
/// ``BrokerFills`` itself, beside its other events and without a run: it has the orders at hand. Both settle rows by
/// ``ExecutionSettlement``.
package protocol ExecutionSource: ExecutionReader {
    /// What the runs' events call the source, for example `alpha_trade_feed`.
    var feedName: String { get }

    /// Fetches the pages of a run in order and gives the rows of each to `onPage`, with the page's index from 0.
    ///
    /// A source may still fail on a later page: a sync stores nothing before this returns.
    ///
    /// - Throws: ``SourceError`` if the source can't be reached or breaks its contract, `CancellationError` if the task is
    ///   cancelled, and whatever `onPage` throws.
    nonisolated(nonsending) func pages(_ query: SourceQuery, onPage: (JSONElements, Int) async throws -> Void) async throws -> SourceRunEnd
}

/// Which rows of its scope a run asks a source for.
package struct SourceQuery: Sendable, Equatable {
    /// Only rows that changed at that instant or later; nil for the whole scope.
    package var updatedSince: Instant?
    /// The watermark of the last successful run, below which the source's must not be; nil accepts any.
    package var lowestWatermark: Instant?

    package init(updatedSince: Instant?, lowestWatermark: Instant?) {
        self.updatedSince = updatedSince
        self.lowestWatermark = lowestWatermark
    }
}

/// How a run of a source ended.
package struct SourceRunEnd: Sendable, Equatable {
    /// How many pages there were, one or more.
    package let pages: Int
    /// The last cursor of the run that was not null; nil for a run of one page.
    package let lastCursor: String?
    /// The latest change in the scope when the run began; nil for an empty scope.
    package let watermark: Instant?

    package init(pages: Int, lastCursor: String?, watermark: Instant?) {
        self.pages = pages
        self.lastCursor = lastCursor
        self.watermark = watermark
    }
}

/// Why a run of a source failed as a whole. Nothing of such a run is stored.
package struct SourceError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: Sendable {
        /// The source could not be reached.
        case unreachable
        /// The source did not answer in time.
        case timedOut
        /// The settings are such that no request could be sent.
        case notConfigured
        /// The source answered, and not as its contract says.
        case contract
    }

    package let kind: Kind
    /// A stable word for events and programs, for example `http_503`.
    package let code: String
    /// One sentence, without a key and without the values that the source sent.
    package let description: String

    package init(_ kind: Kind, code: String, _ description: String) {
        self.kind = kind
        self.code = code
        self.description = description
    }
}

/// A source as a program registers it: its settings, and how it is opened from their values.
package struct ExecutionSourceDefinition: Sendable {
    /// The stored `source` of its rows.
    package let name: String
    /// The settings that it understands.
    package let settings: [Setting]
    /// Refuses values that can't be used, whether or not the source is asked.
    package let check: @Sendable (SettingValues) throws(SettingProblem) -> Void
    /// The reader of a row that nobody fetched. Its scope is that of a sync; if the settings name none, the row's own portfolio.
    package let reader: @Sendable (SettingValues, _ row: JSONValue) throws(SettingProblem) -> any ExecutionReader
    /// The source, ready to be asked; throws if a setting that this takes is absent.
    package let open: @Sendable (SettingValues, SourceRequest) throws(SettingProblem) -> any ExecutionSource
    /// Starts the source's sample server. Nil if it has none.
    package let sample: (@Sendable () async throws -> SampleServer)?

    package init(
        name: String, settings: [Setting], check: @escaping @Sendable (SettingValues) throws(SettingProblem) -> Void,
        reader: @escaping @Sendable (SettingValues, _ row: JSONValue) throws(SettingProblem) -> any ExecutionReader,
        open: @escaping @Sendable (SettingValues, SourceRequest) throws(SettingProblem) -> any ExecutionSource,
        sample: (@Sendable () async throws -> SampleServer)? = nil
    ) {
        self.name = name
        self.settings = settings
        self.check = check
        self.reader = reader
        self.open = open
        self.sample = sample
    }
}

/// What a user asks of a source for one run, over its settings.
package struct SourceRequest: Sendable, Equatable {
    /// Where the source is asked.
    package var address: String?
    package var portfolios: [String]?
    package var includePending: Bool?

    package init(address: String? = nil, portfolios: [String]? = nil, includePending: Bool? = nil) {
        self.address = address
        self.portfolios = portfolios
        self.includePending = includePending
    }
}
