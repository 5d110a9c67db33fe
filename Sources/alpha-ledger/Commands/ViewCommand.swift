import ArgumentParser
import JSON
import Operations
import PostgresStore
import Values

struct ViewCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "view", abstract: "Read a view.", subcommands: [Trades.self, SyncState.self])

    /// What every view takes.
    struct Paging: ParsableArguments {
        @Option(help: "What the ledger knew after this event.") var asOfPosition: Int64?
        @Option(help: "What it knew at this instant, as in 2026-01-31T00:00:00Z.") var asOf: String?
        @Option(help: "Rows a page, 1 to 1000; 100 where left out.") var limit: Int?
        @Option(help: "The next_cursor of the page before.") var cursor: String?
        @Flag(help: "All pages.") var all = false
        @Flag(help: "Print what HTTP answers.") var json = false
        @Flag(help: "Print a row a line.") var ndjson = false

        func validate() throws {
            if json && ndjson { throw ValidationError("--json and --ndjson exclude each other") }
            if all && cursor != nil { throw ValidationError("--all and --cursor exclude each other") }
        }

        func request(_ view: View, _ parameters: [(name: String, value: String?)]) throws -> ViewRequest {
            var request = ViewRequest()
            request.filters = try ViewReader.filters(
                view, parameters.compactMap { pair in pair.value.map { (name: pair.name, value: $0) } })
            request.asOfPosition = asOfPosition
            if let asOf {
                guard let instant = Instant(asOf) else {
                    throw ViewError.badParameter(name: "--as-of", expected: "an instant such as 2026-01-31T00:00:00Z")
                }
                request.asOf = instant
            }
            request.limit = limit ?? (all ? ViewReader.maximumLimit : 100)
            request.cursor = cursor
            return request
        }
    }

    struct Trades: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The trade book: one row a trade, as the source gave it last.",
            discussion: """
                Prices are per contract, premiums are totals in USD.

                --as-of-position and --as-of show what the ledger knew then. A page's next_cursor stays at the position of \
                its first page.

                Examples:
                  alpha-ledger view trades --underlying MSTR --from 2025-12-01
                  alpha-ledger view trades --as-of-position 100 --limit 3 --json
                  alpha-ledger view trades --ndjson --all
                """)

        @OptionGroup var options: SettingsOptions
        @OptionGroup var paging: Paging
        @Option(help: "Source.") var source = "alpha_sync"
        @Option(help: "Portfolio.") var portfolio: String?
        @Option(help: "Traded underlying.") var underlying: String?
        @Option(help: "Trade date from (inclusive): an instant, or a date at UTC midnight.") var from: String?
        @Option(help: "Trade date to (exclusive).") var to: String?
        @Option(help: "Trade status.") var state: String?
        @Option(help: "Mapping quality.") var quality: String?

        func run() async throws {
            try await read(
                .trades, options, paging,
                [
                    ("source", source), ("portfolio", portfolio), ("underlying", underlying), ("from", from), ("to", to),
                    ("state", state), ("quality", quality),
                ],
                columns: [
                    ("trade_date", false), ("source_trade_id", false), ("source_portfolio", false), ("direction", false),
                    ("quantity", true), ("option_symbol", false), ("price", true), ("entry_premium_usd", true),
                    ("trade_status", false), ("flags", false),
                ])
        }
    }

    struct SyncState: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "sync-state", abstract: "How each scope's last runs ended.",
            discussion: """
                An error stays on show after a later success, with its time, so that the two can be compared.

                Example:
                  alpha-ledger view sync-state --json
                """)

        @OptionGroup var options: SettingsOptions
        @OptionGroup var paging: Paging

        func run() async throws {
            try await read(
                .syncState, options, paging, [], columns: syncStateColumns)
        }
    }
}

private let syncStateColumns = [
    ("scope_key", false), ("last_successful_sync_at", false), ("last_successful_watermark", false),
    ("last_error_at", false), ("last_error", false),
]

/// The rows of `sync_state` as a table.
func showSyncState(_ documents: [JSONDocument]) { show(documents, syncStateColumns) }

/// Brings the view's projection up to date, then prints one page or all of them, pinned to one position.
private func read(
    _ view: View, _ options: SettingsOptions, _ paging: ViewCommand.Paging,
    _ parameters: [(name: String, value: String?)], columns: [(name: String, isNumber: Bool)]
) async throws {
    let request = try paging.request(view, parameters)
    try await options.withLedger { ledger in
        try await ledger.bringUpToDate([view.projection])
        var next = request
        var rows: [[UInt8]] = []
        while true {
            let page = try await ViewReader(ledger).page(view, next)
            if paging.ndjson {
                for row in page.rows { Output.bytes(row + [UInt8(ascii: "\n")]) }
            } else {
                rows += page.rows
            }
            if paging.all, let cursor = page.nextCursor, !Output.isClosed {
                next.cursor = cursor
                continue
            }
            if paging.json {
                Output.bytes(try paging.all ? oneAnswer(rows, page) : page.json())
                Output.line("")
            } else if !paging.ndjson {
                show(try rows.map { try JSONDocument(parsing: $0) }, columns)
                Output.line("\(rows.count) rows as of position \(page.position)")
                if let cursor = page.nextCursor { Output.line("more: --cursor \(cursor)") }
            }
            return
        }
    }
}

/// All rows in the form of one page: what HTTP would answer if it knew no limit.
private func oneAnswer(_ rows: [[UInt8]], _ last: ViewPage) throws -> [UInt8] {
    let root = try JSONDocument(parsing: last.json()).root
    var out: [UInt8] = Array("{\"rows\":[".utf8)
    out.append(contentsOf: rows.joined(separator: [UInt8(ascii: ",")]))
    out.append(contentsOf: "],\"next_cursor\":null".utf8)
    for key in ["aggregates", "ledger"] {
        out.append(contentsOf: ",\"\(key)\":\(root[key]?.sourceText ?? "null")".utf8)
    }
    out.append(UInt8(ascii: "}"))
    return out
}

private func show(_ documents: [JSONDocument], _ columns: [(name: String, isNumber: Bool)]) {
    let rows = documents.map { document in
        columns.map { column -> String in
            guard let value = document.root[column.name], !value.isNull else { return "" }
            if value.kind == .array { return value.elements.compactMap(\.string).joined(separator: " ") }
            return value.string ?? value.sourceText
        }
    }
    Output.table(
        columns.map(\.name), rows, rightAligned: Set(columns.indices.filter { columns[$0].isNumber }))
}
