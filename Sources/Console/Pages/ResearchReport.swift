package import LedgerJSON
package import LedgerValues
import OptionTrades

/// A report of research for people: one page of HTML that needs nothing from elsewhere, and the same in Markdown.
package struct ResearchReport: Sendable {
    /// A document with what it is of.
    package struct Document: Sendable {
        let kind: String
        let subject: String
        let path: String
        let isOfPortfolio: Bool
        let data: JSONDocument

        /// - Parameters:
        ///   - kind: of its artifact.
        ///   - subject: the underlying, or the portfolio.
        ///   - path: of its file beside the report.
        ///   - isOfPortfolio: which of the two the subject is.
        ///   - data: the document alone.
        package init(kind: String, subject: String, path: String, isOfPortfolio: Bool, data: JSONDocument) {
            self.kind = kind
            self.subject = subject
            self.path = path
            self.isOfPortfolio = isOfPortfolio
            self.data = data
        }
    }

    private let underlyings: [String]
    private let position: Int64
    private let asOf: Instant
    private let documents: [Document]
    private let warnings: [String]

    package init(underlyings: [String], position: Int64, asOf: Instant, documents: [Document], warnings: [String]) {
        self.underlyings = underlyings
        self.position = position
        self.asOf = asOf
        self.documents = documents
        self.warnings = warnings
    }

    private var title: String { "Research: \(underlyings.joined(separator: ", "))" }

    /// The documents of each underlying, then those of each portfolio.
    private var parts: [(title: String, documents: [Document])] {
        let portfolios = documents.filter(\.isOfPortfolio)
        return underlyings.map { name in (name, documents.filter { !$0.isOfPortfolio && $0.subject.isBytewiseEqual(to: name) }) }
            + portfolios.map { ("Portfolio \($0.subject)", [$0]) }
    }

    // MARK: - HTML

    package func html() -> [UInt8] {
        var html = HTMLWriter(clock: .utc, reservingCapacity: 1 << 18)
        html.doctype()
        html.element("html", [.lang("en")]) { html in
            html.element("head") { html in
                html.void("meta", [.charset("utf-8")])
                html.element("title", text: title)
                html.void("meta", [.name("viewport"), .content("width=device-width, initial-scale=1")])
                html.void("meta", [.name("color-scheme"), .content("light dark")])
                html.element("style") { $0.rawText(ConsoleAsset.styles.bytes) }
            }
            html.element("body") { html in
                html.element("main") { html in
                    html.element("h1", text: title)
                    html.element("p") { html in
                        html.text("As of position \(Figures.count(position)), ")
                        html.time(asOf.description, inSentence: true)
                        html.text(".")
                    }
                    html.element("p", [.class("notice hint")], text: Research.disclaimer)
                    if !warnings.isEmpty {
                        html.element("h2", text: "What is missing")
                        html.element("ul", [.class("tokens warning")]) { html in
                            for warning in warnings { html.element("li", text: warning) }
                        }
                    }
                    for part in parts { write(part.title, part.documents, &html) }
                }
                html.element("footer") { html in
                    html.element("p", text: Research.disclaimer)
                    html.element(
                        "p", [.class("quiet")],
                        text: "The exact figures are in the JSON files beside this page; manifest.json has the digest of each file.")
                }
            }
        }
        return html.bytes
    }

    private func write(_ title: String, _ documents: [Document], _ html: inout HTMLWriter) {
        html.element("section", [.class("part")]) { html in
            html.element("h2", text: title)
            if documents.isEmpty { html.element("p", [.class("quiet")], text: "Nothing is recorded.") }
            for document in documents {
                html.element("h3", text: ResearchSection.title(document.kind))
                ResearchSection(kind: document.kind, data: document.data.root).write(to: &html)
                html.element("p", [.class("quiet")], text: document.path)
            }
        }
    }

    // MARK: - Markdown

    package func markdown() -> [UInt8] {
        var lines = ["# \(Self.plain(title))", "", "As of position \(position), \(asOf).", "", Self.plain(Research.disclaimer), ""]
        if !warnings.isEmpty { lines += ["## What is missing", ""] + warnings.map { "- `\($0)`" } + [""] }
        for part in parts {
            lines += ["## \(Self.plain(part.title))", ""]
            if part.documents.isEmpty { lines += ["Nothing is recorded.", ""] }
            for document in part.documents {
                lines += ["### \(ResearchSection.title(document.kind))", ""]
                lines += Self.table(document.kind, document.data.root)
                let tokens = document.data.root["warnings"]?.elements.compactMap(\.string) ?? []
                if !tokens.isEmpty { lines += ["Warnings: " + tokens.map { "`\($0)`" }.joined(separator: ", "), ""] }
                lines += ["File: `\(document.path)`", ""]
            }
        }
        return Array(lines.joined(separator: "\n").utf8)
    }

    /// The lists of a kind's document, each with the members that its table has.
    private static let tables: [String: [(list: String, columns: [String])]] = [
        "iv-surface": [
            (
                "rows",
                [
                    "market_date", "tenor_target_dte", "expiry", "dte", "atm_iv", "atm_iv_percentile", "expected_move_pct", "skew_25d_pp",
                    "skew_10d_pp",
                ]
            )
        ],
        "exposure": [("top_levels", ["strike", "call_oi", "put_oi", "call_gex", "put_gex", "net_gex"])],
        "flow": [("rows", ["key", "buy_volume", "sell_volume", "unknown_volume", "net_notional", "trade_count", "unknown_trade_share"])],
        "levels": [
            ("anchored_vwaps", ["anchor_id", "anchor_ts_utc", "anchor_price", "anchored_vwap", "distance_from_spot_pct"]),
            ("volume_profile", ["price_bin_low", "price_bin_high", "volume", "volume_pct", "is_poc", "is_hvn", "is_lvn"]),
        ],
        "scenarios": [
            (
                "positions",
                [
                    "underlying", "expiry", "strike", "option_type", "side", "contracts", "mark", "iv", "spot", "dte",
                    "theta_burn_dollars_day", "model_gap",
                ]
            )
        ],
    ]

    private static func table(_ kind: String, _ data: JSONValue) -> [String] {
        var lines: [String] = []
        // Single figures first; of levels they stand in their summary.
        let singles = (data["summary"] ?? data).members.map { (key: $0.key, value: $0.value) }.filter { member in
            member.value.kind != .array && member.value.kind != .object && !["disclaimer", "model"].contains(member.key)
        }
        lines += singles.map { "- \($0.key.replacing("_", with: " ")): \(cell($0.value))" } + [""]
        for (list, columns) in tables[kind] ?? [] {
            var rows = data[list]?.elements.map { $0 } ?? []
            // Of a surface the latest date alone; the file has all.
            if kind == "iv-surface", let latest = rows.last?["market_date"]?.string {
                rows = rows.filter { $0["market_date"]?.string == latest }
            }
            if rows.isEmpty { continue }
            lines.append("| \(columns.map { $0.replacing("_", with: " ") }.joined(separator: " | ")) |")
            lines.append("|\(columns.map { _ in "---|" }.joined())")
            lines += rows.map { row in "| \(columns.map { cell(row[$0]) }.joined(separator: " | ")) |" }
            lines.append("")
        }
        return lines
    }

    private static func cell(_ value: JSONValue?) -> String {
        guard let value, !value.isNull else { return "not known" }
        return plain(value.string ?? value.sourceText)
    }

    /// A text without what Markdown would take for its own.
    private static func plain(_ text: String) -> String {
        var plain = ""
        for scalar in text.unicodeScalars {
            if "\\`*_{}[]<>#|".unicodeScalars.contains(scalar) { plain += "\\" }
            plain.unicodeScalars.append(scalar == "\n" || scalar == "\r" ? " " : scalar)
        }
        return plain
    }
}
