import LedgerJSON
import LedgerValues
import OptionTrades
import TestSupport
import Testing

@testable import Console

/// What a hostile source could put into any field.
private let hostile = [
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onmouseover='alert(1)", "</title><script>", "&lt;b&gt;",
    "javascript:alert(1)", "]]>", "<!--", "\u{202E}0.05\u{202C}", "a\u{0}b\u{7}c", "{{7*7}}", "\u{2028}</script>", "ünï💥", "\\\"",
]

/// A reader of HTML that knows just enough to find what a browser would take as markup.
private struct Markup {
    var elements: [String] = []
    var attributes: [(name: String, value: String)] = []
    var text = ""

    init(_ bytes: [UInt8]) throws {
        var rest = Substring(String(decoding: bytes, as: UTF8.self))
        while let open = rest.firstIndex(of: "<") {
            text += rest[..<open]
            rest = rest[rest.index(after: open)...]
            if rest.hasPrefix("!") || rest.hasPrefix("/") {
                let close = try #require(rest.firstIndex(of: ">"))
                rest = rest[rest.index(after: close)...]
                continue
            }
            let name = rest.prefix { $0.isLetter || $0.isNumber }
            elements.append(String(name))
            rest = rest.dropFirst(name.count)
            while !rest.hasPrefix(">") {
                #expect(rest.hasPrefix(" "))
                rest = rest.dropFirst()
                let attribute = rest.prefix { $0 != "=" && $0 != " " && $0 != ">" }
                rest = rest.dropFirst(attribute.count)
                var value = ""
                if rest.hasPrefix("=\"") {
                    rest = rest.dropFirst(2)
                    let end = try #require(rest.firstIndex(of: "\""))
                    value = String(rest[..<end])
                    rest = rest[rest.index(after: end)...]
                }
                attributes.append((String(attribute), value))
            }
            rest = rest.dropFirst()
        }
        text += rest
    }
}

extension Loaded {
    fileprivate var problem: PageProblem? {
        if case .failure(let problem) = self { problem } else { nil }
    }
}

struct EscapingTests {
    /// A row of every view at once, each text and list of which holds the hostile text.
    private static func row(_ text: String) -> JSONNode {
        let texts = [
            "source", "source_trade_id", "instrument", "option_symbol", "source_portfolio", "underlying_symbol", "direction",
            "trade_status", "recon_status", "price_currency", "position_id", "lifecycle_state", "lifecycle_quality", "contract_key",
            "alignment_label", "confidence_label", "assumed_strategy", "benchmark_quality", "execution_liquidity_quality",
            "benchmark_source", "mark_lookup_error", "horizon_key", "outcome_state", "mark_quality", "mark_source", "context_quality",
            "context_key", "gamma_regime", "term_structure_state", "stationarity_status", "trade_date", "opened_at", "premium_quality",
            "scope_key", "last_error", "fees_quality", "warning", "dvol_bucket", "market_proxy", "mapping_quality",
            "assertion_id", "kind", "stated_by", "reason", "as_of",
        ]
        let lists = ["flags", "last_changed_fields", "missing_fields", "lifecycle_flags", "benchmark_flags", "missing_signals"]
        let signal = JSONNode.object([
            ("signal", .string(text)), ("impact", .integer(-5)), ("value", .string(text)), ("rule", .string(text)),
            ("explanation", .string(text)),
        ])
        return .object(
            texts.map { ($0, .string(text)) } + lists.map { ($0, .array([.string(text)])) }
                + [("drivers", .array([signal])), ("detractors", .array([signal])), ("quantity", .null), ("price", .null)])
    }

    private static func list(_ text: String) throws -> Loaded {
        .success(
            try JSONDocument(
                parsing: JSONNode.object([
                    ("rows", .array([row(text)])), ("next_cursor", .string(text)), ("aggregates", .null),
                    (
                        "ledger",
                        .object([
                            ("position", .integer(7)), ("as_of", .string(text)), ("projection", .string(text)),
                            ("code_version", .integer(1)), ("rules", .object([(text, .null)])),
                        ])
                    ),
                ]).httpBytes()))
    }

    private static func impact(_ text: String) throws -> JSONDocument {
        let field = JSONNode.object([("field", .string(text)), ("from", .string(text)), ("to", .string(text))])
        let change = JSONNode.object([
            ("change", .string(text)), ("fields", .array([field])),
            ("key", .object([("source", .string(text)), ("source_trade_id", .string(text))])),
        ])
        let view = JSONNode.object([("changes", .array([change])), ("view", .string(View.trades.name))])
        return try JSONDocument(
            parsing: JSONNode.object([
                ("as_of", .string(text)), ("event", .object([("position", .integer(7))])), ("position_before", .integer(6)),
                ("views", .array([view])),
            ]).httpBytes())
    }

    private static func context(_ text: String) -> PageContext {
        var time = TimeFrame(
            asOfPosition: text, asOf: text, effectiveAt: text, rules: text, head: 9, headRecordedAt: "2026-01-30T21:14:08Z",
            firstRecordedAt: "2026-01-01T00:00:00Z")
        time.choice = .versions([text])
        time.seen = 3
        time.ticks = EventKind.allCases.map { TimeFrame.Tick(position: 5, recordedAt: text, kind: $0, text: text) }
        return PageContext(
            address: Address(["trades"], [("portfolio", text), ("state", text), ("cursor", text)]),
            visitor: Visitor(role: .administrator, formToken: text, canAdminister: true), time: time, notice: Notice(.hint, text))
    }

    /// The parts that no page of a hostile row shows.
    private static func parts(_ text: String) throws -> [UInt8] {
        let row = try JSONDocument(parsing: row(text).httpBytes()).root
        var html = HTMLWriter()
        Timeline(label: text, empty: text).write([], to: &html)
        let address = Address(["log"], [("stream", text)])
        Timeline(label: text).write(
            [Timeline.Entry(kind: .correction, instant: text, headline: text, address: address, detail: { $0.text(text) })], to: &html)
        let explained = Explained(view: text, key: ["source_trade_id"], pin: [("as_of", text)])
        HorizonStrip(title: text, explained: explained).write([row], to: &html)
        PriceLadder(row: row, unit: text).write(to: &html)
        return html.bytes
    }

    /// A preview of a backfill, and a run of one.
    private static func backfill(_ text: String) throws -> JSONDocument {
        let counts = JSONNode.object([(text, .integer(1))])
        let summary = JSONNode.object([
            ("run_id", .string(text)), ("appended", .integer(1)), ("by_quality", counts), ("by_error", counts),
            ("by_horizon", .object([(text, counts)])),
        ])
        return try JSONDocument(
            parsing: JSONNode.object([
                ("rules", .string(text)), ("quote_source", .string(text)), ("read_at", .string(text)), ("trades", .integer(7)),
                ("markets", .array([.string(text)])), ("by_horizon", counts), ("by_error", counts),
                ("first_trades", .array([.object([("source", .string(text)), ("source_trade_id", .string(text))])])),
                ("state", .string(text)), ("actor", .string(text)), ("started_at", .string(text)), ("finished_at", .string(text)),
                ("problem", .object([("code", .string(text)), ("detail", .string(text))])), ("summary", summary),
            ]).httpBytes())
    }

    /// The explanation of an intent's row, and the story of an intent.
    private static func order(_ text: String) throws -> JSONDocument {
        func all(_ names: [String]) -> [(String, JSONNode)] { names.map { ($0, .string(text)) } }
        let gate = JSONNode.object(all(["name", "value", "reason", "threshold"]))
        let decision = JSONNode.object(
            all(["verdict", "option_symbol", "bid"]) + [("gates", .array([gate])), ("reasons", .array([.string(text)]))])
        let row = JSONNode.object(
            all([
                "created_at", "requested_by", "execution_mode", "verdict", "order_status", "fallback_reason", "action", "instrument_type",
                "ticker", "strategy", "option_symbol", "quantity", "limit_price",
            ]) + [("reasons", .array([.string(text)]))])
        let market = JSONNode.object(
            all(["now", "spot"]) + [
                ("candidates", .array([.object(all(["option_symbol", "expiry", "strike", "bid"]))])),
                ("left_out", .array([.object(all(["reason", "count"]))])), ("underlying", .object(all(["bid", "quote_timestamp"]))),
            ])
        let ledger = JSONNode.object([("position", .integer(7)), ("as_of", .string(text)), ("projection", .string(text))])
        return try JSONDocument(
            parsing: JSONNode.object([
                ("value", row), ("ledger", ledger), ("market", market), ("decision", decision), ("execution_mode", .string(text)),
                ("arithmetic", .array([.object(all(["name", "formula", "value"]) + [("inputs", .object([(text, .string(text))]))])])),
                ("order", .object(all(["client_order_id", "symbol", "side", "qty"]))), ("submitted_at", .string(text)),
                ("acknowledgement", .object(all(["broker_order_id", "status", "seen_by"]))),
                ("refusal", .object(all(["http_status", "message"]))),
                ("unknown_outcomes", .array([.object([("outcome", .object(all(["phase", "seen"])))])])),
                ("updates", .array([.object([("update", .object(all(["status", "filled_qty", "updated_at"])))])])),
                ("events", .array([.object(all(["type", "recorded_at"]))])),
            ]).httpBytes())
    }

    /// Every page, with the text wherever a page takes one.
    static func pages(_ text: String) throws -> [(name: String, html: [UInt8])] {
        let context = context(text)
        let list = try list(text)
        let failure = Loaded.failure(PageProblem(status: 503, code: text, detail: text))
        let options = SyncCard.Options(fullScope: true, includePending: true, resetWatermark: true)
        let run = SyncCard.Run(
            options: options, isDryRun: true,
            summary: .success(
                try JSONDocument(
                    parsing: JSONNode.object([
                        (
                            "summary",
                            .object([
                                ("full_scope", .bool(true)), ("changed_fields", .object([(text, .integer(1))])),
                                ("unmatched_source_trade_ids", .array([.string(text)])), ("run_id", .string(text)),
                                ("inserted", .integer(2)), ("inserted_ids", .array([.string(text)])), ("updated", .integer(1)),
                                ("updated_ids", .array([.string(text)])), ("rejected", .integer(2)),
                                (
                                    "rejected_rows",
                                    .array([
                                        .object([("source_trade_id", .string(text)), ("reasons", .array([.string(text)]))]),
                                        .object([("source_trade_id", .null), ("reasons", .array([.string(text)]))]),
                                    ])
                                ),
                            ])
                        ),
                        (
                            "changes",
                            .array([
                                .object([
                                    ("source_trade_id", .string(text)),
                                    (
                                        "changed_fields",
                                        .array([.object([("field", .string(text)), ("old", .string(text)), ("new", .null)])])
                                    ),
                                ])
                            ])
                        ),
                    ]).httpBytes())))
        let preview = RunPreview(id: text, ends: text, hasExpired: false)
        let event = try JSONDocument(
            parsing: JSONNode.object([
                ("position", .integer(7)), ("type", .string(text)), ("stream", .string(text)), ("leaf_hash", .string(text)),
                ("recorded_at", .string(text)), ("effective_at", .string(text)),
                (
                    "payload",
                    .object([
                        (text, .string(text)), ("projection", .string(text)), ("old_version", .string(text)),
                        ("new_version", .string(text)), ("diff_digest", .string(text)),
                        ("changed_fields", .array([.object([("field", .string(text)), ("old", .string(text)), ("new", .string(text))])])),
                    ])
                ),
            ]).httpBytes()
        ).root
        let found = LogPage.Found(events: [event], searchedDownTo: 1, olderBefore: 1)
        let versions = Loaded.success(
            try JSONDocument(
                parsing: JSONNode.object([
                    ("head_position", .integer(9)),
                    (
                        "projections",
                        .array([
                            .object([
                                ("name", .string(text)), ("version", .string(text)), ("state", .string(text)), ("position", .integer(1)),
                                ("poison", .object([("position", .integer(1)), ("error", .string(text))])),
                                ("lease_owner", .string(text)), ("lease_expires_at", .string(text)),
                            ])
                        ])
                    ),
                ]).httpBytes()))
        let explanation = Loaded.success(
            try JSONDocument(
                parsing: JSONNode.object([
                    ("value", .string(text)), ("notes", .array([.string(text)])),
                    ("mismatches", .array([.object([("field", .string(text)), ("published", .string(text)), ("computed", .null)])])),
                    ("steps", .array([.object([("text", .string(text)), ("formula", .string(text)), ("result", .string(text))])])),
                    ("inputs", .array([.object([("name", .string(text)), ("value", .string(text)), ("type", .string(text))])])),
                    ("rules", .array([.object([("file", .string(text)), ("text", .string(text)), ("line", .integer(3))])])),
                ]).httpBytes()))
        let eventDocument = Loaded.success(try JSONDocument(parsing: Array(event.sourceText.utf8)))
        var changes = RowChanges(key: ["source"])
        let changed = try JSONDocument(parsing: row(text).httpBytes()).root
        _ = changes.take(old: changed, new: nil)
        let moment = ChangesPage.Moment(asked: text, shown: TimeFrame.Shown(position: 7, asOf: text))
        return try View.performance.map { view -> (name: String, html: [UInt8]) in
            let rows = RowList(view: view, list: list, totals: .success(try totals([text], "pnl_before_fees_usd")))
            return (view.name, PerformanceRowsPage(context: context, rows: rows).html())
        } + [
            (
                "operations",
                OperationsPage(
                    context: context, runs: .success(try operations(text)),
                    needs: [OperationsPage.Need(.context, failure), OperationsPage.Need(.marks, .success(try totals([text], "fees_usd")))],
                    syncs: list, projections: versions, broken: list
                ).html()
            ),
            (
                "playground",
                PlaygroundPage(
                    context: context, draft: PlaygroundPage.Draft(projection: text, base: text, fileName: text, text: text),
                    trial: versions
                ).html()
            ),
            ("log", LogPage(context: context, found: .success(found), head: failure).html()),
            ("projections", ProjectionsPage(context: context, projections: versions, promotions: [event]).html()),
            ("diff", VersionDiffPage(context: context, name: text, from: text, to: text, diff: versions).html()),
            ("explain", ExplainPage(context: context, explanation: explanation).html()),
            (
                "explanation of a market's figure",
                ExplainPage(
                    context: context,
                    subject: .analysis(
                        .overview, currency: text, references: FigureReferences(places: [], fallback: Address(["reference", "model"]))),
                    explanation: explanation
                ).html()
            ),
            ("impact", ImpactPage(context: context, position: 7, event: eventDocument, impact: .success(try impact(text))).html()),
            ("changes", ChangesPage(context: context, view: .trades, from: moment, to: moment, changes: .success(changes)).html()),
            ("parts", try parts(text)),
            (
                "performance",
                PerformancePage(
                    context: context, alignment: failure, executionQuality: failure, outcomes: failure, outcomesOverTime: failure,
                    lifecycles: failure, expiries: failure, marketContext: failure
                ).html()
            ),
            (
                "performance, with totals",
                PerformancePage(
                    context: context, alignment: failure, executionQuality: failure, outcomes: failure,
                    outcomesOverTime: .success(try Self.totals([text, "unrealized_mark", "2026-01-31"], "pnl_before_fees_usd")),
                    lifecycles: .success(try Self.totals([text, "clean"], "open_premium_usd")),
                    expiries: .success(try Self.totals(["open_long", text], "open_premium_usd")), marketContext: failure
                ).html()
            ),
            (
                "trade book",
                TradeBookPage(
                    context: context, trades: RowList(view: .trades, list: list, emptiness: text),
                    sync: SyncCard(state: list, run: run, preview: preview)
                ).html()
            ),
            ("rows of a run", SyncRunPage(context: context, run: run).html()),
            (
                "backfill",
                BackfillPage(
                    context: context, kind: .marks, fields: ["horizons": text, "trade_ids": text], quoteSources: [text],
                    found: .success(try backfill(text)), preview: preview, run: .success(try backfill(text))
                ).html()
            ),
            (
                "backfill, failed",
                BackfillPage(
                    context: context, kind: .context, fields: ["rules": text], quoteSources: [], found: failure, preview: nil, run: failure
                ).html()
            ),
            (
                "order",
                OrderPage(
                    context: context, source: text, intentID: text, row: .success(try order(text)), story: .success(try order(text)),
                    versions: [(text, .success(try order(text))), (text, failure)]
                ).html()
            ),
            (
                "order, failed",
                OrderPage(context: context, source: text, intentID: text, row: failure, story: failure, versions: []).html()
            ),
            (
                "trade book, failed",
                TradeBookPage(
                    context: context, trades: RowList(view: .trades, list: failure, totals: failure), sync: SyncCard(state: failure)
                ).html()
            ),
            ("trade", TradePage(context: context, tradeID: text, trade: failure, history: failure).html()),
            (
                "trade, as a story",
                TradePage(
                    context: context, tradeID: text, trade: .success(try trade(text)),
                    history: .success(try JSONDocument(parsing: Array(#"{"events":[\#(event.sourceText)]}"#.utf8)))
                ).html()
            ),
            (
                "position",
                PositionPage(
                    context: context, position: .success(try position(text)), trades: .success([changed]),
                    assertions: .success(try JSONDocument(parsing: JSONNode.object([("rows", .array([row(text)]))]).httpBytes()))
                ).html()
            ),
            (
                "position, failed",
                PositionPage(context: context, position: failure, trades: .failure(PageProblem(status: 503, code: text, detail: text)))
                    .html()
            ),
            ("orders", try orders(context, text)),
            ("sign in", SignInPage(context: context, next: text, asAdministrator: true).html()),
            ("problem", ProblemPage(context: context, problem: PageProblem(status: 404, code: text, detail: text)).html()),
        ]
    }

    /// The page of orders with hostile intents, accounts and answers.
    private static func orders(_ context: PageContext, _ text: String) throws -> [UInt8] {
        func loaded(_ node: JSONNode) throws -> Loaded { .success(try JSONDocument(parsing: node.httpBytes())) }
        let gate = JSONNode.object(["name", "value", "threshold", "reason"].map { ($0, .string(text)) } + [("pass", .bool(false))])
        let names = [
            "intent_id", "source", "requested_by", "ticker", "action", "instrument_type", "strategy", "execution_mode", "verdict",
            "option_symbol", "client_order_id", "order_status", "fallback_reason", "quantity", "limit_price", "filled_quantity",
            "symbol", "state", "explanation", "observed_at", "created_at",
        ]
        let row = JSONNode.object(
            names.map { ($0, .string(text)) } + [("gates", .array([gate])), ("reasons", .array([.string(text), .string(text)]))])
        let rows = try loaded(.object([("rows", .array([row]))]))
        let account = JSONNode.object([
            ("source", .string(text)), ("recorded", .object([("account_last_four", .string(text))])),
            (
                "consulted",
                .object([("now", .string(text)), ("account", .object([("status", .string(text)), ("equity", .string(text))]))])
            ),
            ("halt", .object(["requested_by", "reason", "recorded_at"].map { ($0, .string(text)) })),
            (
                "dispatcher",
                .object([("state", .string(text)), ("order_updates", .string(text)), ("order_updates_reason", .string(text))])
            ),
        ])
        let decision = JSONNode.object(
            ["verdict", "option_symbol", "spot", "bid"].map { ($0, .string(text)) }
                + [("gates", .array([gate])), ("reasons", .array([.string(text)]))])
        let step = JSONNode.object([
            ("name", .string(text)), ("formula", .string(text)), ("inputs", .object([(text, .string(text))])), ("value", .string(text)),
        ])
        let answer = JSONNode.object(
            ["ticker", "instrument_type", "strategy", "now", "intent_id"].map { ($0, .string(text)) }
                + [("decision", decision), ("arithmetic", .array([step]))])
        return BrokerPage(
            context: context, dispatches: RowList(view: .dispatches, list: rows, emptiness: text), open: [rows], positions: rows,
            accounts: try loaded(.object([("accounts", .array([account]))])), whatIf: try loaded(answer), source: .alpacaPaper
        ).html()
    }

    /// A trade's document: a hostile row in each part but one, which is absent for a hostile reason.
    private static func trade(_ text: String) throws -> JSONDocument {
        var row = row(text)
        if case .object(let members) = row {
            let match = JSONNode.object([("open_trade_id", .string(text)), ("close_trade_id", .string(text)), ("quantity", .string(text))])
            row = .object(members + [("matches", .array([match]))])
        }
        let part = JSONNode.object([("rows", .array([row])), ("version", .string(text))])
        let absent = JSONNode.object([("rows", .array([])), ("absent", .object([("detail", .string(text))]))])
        let names = ["trades", "lifecycles", "alignment", "execution_quality", "context"]
        return try JSONDocument(
            parsing: JSONNode.object(names.map { ($0, part) } + [("outcomes", absent)]).httpBytes())
    }

    /// A position's explanation with a hostile row.
    private static func position(_ text: String) throws -> JSONDocument {
        let trade = JSONNode.object(
            ["open_trade_id", "close_trade_id", "open_side", "trade_id", "side"].map { ($0, .string(text)) }
                + [("quantity", .integer(2)), ("pnl_before_fees_usd", .integer(-3))])
        guard case .object(let members) = row(text) else { return try JSONDocument(parsing: Array("{}".utf8)) }
        let value = JSONNode.object(
            members.filter { !["matches", "open_lots"].contains($0.0) } + [("matches", .array([trade])), ("open_lots", .array([trade]))])
        return try JSONDocument(parsing: JSONNode.object([("value", value)]).httpBytes())
    }

    /// A run and a rejected row of hostile texts.
    private static func operations(_ text: String) throws -> JSONDocument {
        let run = JSONNode.object(
            ["kind", "status", "scope_key", "error", "started_at", "finished_at"].map { ($0, .string(text)) }
                + [("types", .object([(text, .integer(3))])), ("first_position", .integer(1)), ("last_position", .integer(4))])
        let rejected = JSONNode.object(
            ["source", "source_trade_id", "raw", "recorded_at"].map { ($0, .string(text)) } + [("reasons", .array([.string(text)]))])
        return try JSONDocument(
            parsing: JSONNode.object([("runs", .array([run])), ("rejected", .array([rejected]))]).httpBytes())
    }

    /// Totals with one group.
    private static func totals(_ key: [String], _ field: String) throws -> JSONDocument {
        let sums = JSONNode.object([(field, .object([("count", .integer(1)), ("sum", .decimal(FixedDecimal(-5)))]))])
        return try JSONDocument(
            parsing: JSONNode.object([
                ("groups", .array([.object([("key", .array(key.map { .string($0) })), ("count", .integer(2)), ("sums", sums)])])),
                ("ledger", .object([("as_of", .string("2026-01-31T00:00:00Z"))])),
            ]).httpBytes())
    }

    @Test(arguments: hostile)
    func `text from outside never becomes markup`(text: String) throws {
        let harmless = try Self.pages("harmless")
        for (index, page) in try Self.pages(text).enumerated() {
            let found = try Markup(page.html)
            let expected = try Markup(harmless[index].html)
            #expect(found.elements == expected.elements, "\(page.name)")
            #expect(found.attributes.map(\.name) == expected.attributes.map(\.name), "\(page.name)")
            for (name, value) in found.attributes {
                #expect(name != "style" && !name.hasPrefix("on"), "\(page.name): \(name)")
                if ["href", "src", "action"].contains(name) {
                    #expect((value.hasPrefix("/") && !value.hasPrefix("//")) || value == "data:,", "\(page.name): \(name)=\(value)")
                }
            }
        }
    }

    @Test(arguments: hostile)
    func `what is written reads back as it was`(text: String) throws {
        var writer = HTMLWriter()
        writer.element("p", [.title(text)], text: text)
        let found = try Markup(writer.bytes)
        var shown = text
        for scalar in ["\u{0}", "\u{7}", "\u{202E}", "\u{202C}"] { shown = shown.replacing(scalar, with: "\u{FFFD}") }
        func unescape(_ text: String) -> String {
            [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")].reduce(text) { $0.replacing($1.0, with: $1.1) }
        }
        #expect(unescape(found.text) == shown)
        #expect(found.attributes.map { unescape($0.value) } == [shown])
    }

    @Test func `of all characters, those with a meaning become references, and controls and turns of direction U+FFFD`() {
        let references: [Unicode.Scalar: String] = ["&": "&amp;", "<": "&lt;", ">": "&gt;", "\"": "&quot;", "'": "&#39;"]
        var (text, expected) = (String.UnicodeScalarView(), String.UnicodeScalarView())
        for value in 0...UInt32(0x1_2FFF) {
            guard let scalar = Unicode.Scalar(value) else { continue }
            text.append(scalar)
            switch value {
            case 9, 10: expected.append(scalar)
            case 0...0x1F, 0x7F...0x9F, 0x61C, 0x200E...0x200F, 0x202A...0x202E, 0x2066...0x2069: expected.append("\u{FFFD}")
            default: expected.append(contentsOf: references[scalar]?.unicodeScalars ?? String(scalar).unicodeScalars)
            }
        }
        var writer = HTMLWriter()
        writer.text(String(text))
        #expect(String(decoding: writer.bytes, as: UTF8.self).unicodeScalars.elementsEqual(expected))
    }

    @Test func `addresses stay here whatever they are made of`() {
        for text in hostile + ["//evil.example", "https://evil.example", "..", "a/b?c#d", "%2e%2e"] {
            let address = Address(["trade"], [(text, text)], fragment: text).text
            #expect(address.hasPrefix("/trade?"))
            #expect(address.utf8.allSatisfy { 0x21...0x7E ~= $0 && !"<>\"'\\".utf8.contains($0) })
        }
    }

    @Test func `random texts never become markup`() throws {
        for seed in 0..<300 as Range<UInt64> {
            var random = SeededGenerator(seed: seed)
            let alphabet = Array("<>\"'&=/ \u{0}\u{9}\n;!-[]abcscriptonload`\u{202E}\u{1F600}".unicodeScalars)
            var text = ""
            for _ in 0..<Int.random(in: 0...40, using: &random) {
                text.unicodeScalars.append(alphabet[Int.random(in: 0..<alphabet.count, using: &random)])
            }
            var writer = HTMLWriter()
            writer.element("p", [.title(text), .value(text)], text: text)
            let found = try Markup(writer.bytes)
            #expect(found.elements == ["p"] && found.attributes.map(\.name) == ["title", "value"], "seed \(seed)")
        }
    }
}
