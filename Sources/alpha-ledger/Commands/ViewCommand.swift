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
        @Option(help: "Rows a page, 1 to 1000.") var limit = 100
        @Option(help: "The next_cursor of the page before.") var cursor: String?
        @Flag(help: "All pages.") var all = false
        @Flag(help: "Print what HTTP answers.") var json = false
        @Flag(help: "Print a row a line.") var ndjson = false

        func validate() throws {
            if json && ndjson { throw ValidationError("--json and --ndjson exclude each other") }
            if json && all { throw ValidationError("--json prints one page; use --ndjson with --all") }
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
            request.limit = limit
            request.cursor = cursor
            return request
        }
    }

    struct Trades: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The trade book: one row a trade, as the source gave it last.",
            discussion: """
                Prices are per contract, premiums are totals in USD.

                Examples:
                  alpha-ledger view trades --underlying MSTR --from 2025-12-01
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
            commandName: "sync-state", abstract: "How each scope's last runs ended.")

        @OptionGroup var options: SettingsOptions
        @OptionGroup var paging: Paging

        func run() async throws {
            try await read(
                .syncState, options, paging, [],
                columns: [
                    ("scope_key", false), ("last_successful_sync_at", false), ("last_successful_watermark", false),
                    ("last_error_at", false), ("last_error", false),
                ])
        }
    }
}

/// Brings the view's projection up to date, then prints one page or all of them, pinned to one position.
private func read(
    _ view: View, _ options: SettingsOptions, _ paging: ViewCommand.Paging,
    _ parameters: [(name: String, value: String?)], columns: [(name: String, isNumber: Bool)]
) async throws {
    let request = try paging.request(view, parameters)
    try await options.withLedger { ledger in
        try await ledger.bringUpToDate([view.projection])
        var next = request
        var documents: [JSONDocument] = []
        while true {
            let page = try await ViewReader(ledger).page(view, next)
            if paging.json {
                Output.bytes(page.json() + [UInt8(ascii: "\n")])
                return
            }
            for row in page.rows {
                if paging.ndjson {
                    Output.bytes(row + [UInt8(ascii: "\n")])
                } else {
                    documents.append(try JSONDocument(parsing: row))
                }
            }
            guard paging.all, let cursor = page.nextCursor else {
                if !paging.ndjson {
                    show(documents, columns)
                    Output.line("\(documents.count) rows as of position \(page.position)")
                    if let cursor = page.nextCursor { Output.line("more: --cursor \(cursor)") }
                }
                return
            }
            next.cursor = cursor
        }
    }
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
