import LedgerJSON
import LedgerValues

/// What an operator looks at after a run, as far as the ledger can tell: each point checks itself and leads to where it comes from.
struct Checklist {
    /// The answer of the sync state: a row a scope.
    let syncs: Loaded
    /// The answer of `/api/ledger/projections`; nil at a past moment, whose progress nobody recorded.
    let projections: Loaded?
    /// The list of broken assertions.
    let broken: Loaded
    let needs: [OperationsPage.Need]
    let time: TimeFrame

    /// How a point stands; the word of its badge.
    enum State: String {
        case holds, broken, unavailable
    }

    struct Point {
        let title: String
        let state: State
        let detail: String
        var address: Address?
    }

    func write(to html: inout HTMLWriter) { Self.write(points, to: &html) }

    static func write(_ points: [Point], to html: inout HTMLWriter) {
        html.element("section", [.class("card"), .id("checklist"), .labelled(by: "checklist-title")]) { html in
            html.element("h2", [.id("checklist-title")], text: "Checklist")
            html.element("ul", [.class("plain-list")]) { html in
                for point in points {
                    html.element("li") { html in
                        Badge.write(point.state.rawValue, to: &html)
                        html.text(" ")
                        if let address = point.address {
                            html.element("a", [.href(address)], text: point.title)
                        } else {
                            html.text(point.title)
                        }
                        html.text(": \(point.detail)")
                    }
                }
            }
        }
    }

    var points: [Point] {
        var points = syncPoints
        let counts = needs.map(\.count)
        let open = zip(needs, counts).compactMap { need, count in (count ?? 0) > 0 ? "\(need.title): \(Figures.count(count ?? 0))" : nil }
        points.append(
            Point(
                title: "Trades have their context, benchmarks and marks",
                state: !open.isEmpty ? .broken : counts.contains { $0 == nil } ? .unavailable : .holds,
                detail: !open.isEmpty ? open.joined(separator: "; ") : counts.contains { $0 == nil } ? "not known" : "nothing is missing",
                address: Address(["performance"], time.parameters)))
        points.append(assertions)
        if let projections { points.append(Self.folds(projections)) }
        return points
    }

    private var assertions: Point {
        let title = "Assertions hold"
        guard let rows = broken.root?["rows"] else { return Point(title: title, state: .unavailable, detail: "not known") }
        if rows.count == 0 { return Point(title: title, state: .holds, detail: "none is broken") }
        let shown = rows.elements.prefix(5).map { "\($0["source_portfolio"]?.string ?? "?") \($0["contract_key"]?.string ?? "?")" }
        let rest = broken.root?["next_cursor"]?.string != nil || rows.count > shown.count ? " and more" : ""
        return Point(title: title, state: .broken, detail: "broken for \(shown.joined(separator: ", "))\(rest)")
    }

    private static func folds(_ projections: Loaded) -> Point {
        let (title, address) = ("Served projections follow the log", Address(["projections"]))
        guard let root = projections.root else { return Point(title: title, state: .unavailable, detail: "not known", address: address) }
        let served = root["projections"]?.elements.filter { $0["served"]?.bool == true } ?? []
        let stopped = served.filter { $0["poison"]?.isNull == false }.compactMap { $0["name"]?.string }
        if !stopped.isEmpty {
            return Point(title: title, state: .broken, detail: "stopped: \(stopped.joined(separator: ", "))", address: address)
        }
        let lag = served.compactMap { $0["lag"]?.integer }.max() ?? 0
        return Point(
            title: title, state: .holds, detail: lag == 0 ? "all are at its end" : "the last one is \(Figures.count(lag)) events behind",
            address: address)
    }

    // MARK: - Syncs

    private var syncPoints: [Point] {
        let address = Address(["trades"], time.parameters, fragment: "sync")
        guard let rows = syncs.root?["rows"]?.elements.map({ $0 }) else {
            return [Point(title: "The last sync ended well", state: .unavailable, detail: "not known", address: address)]
        }
        guard !rows.isEmpty else {
            return [Point(title: "The last sync ended well", state: .unavailable, detail: "nothing was synced yet", address: address)]
        }
        return rows.flatMap { row in
            let of = rows.count == 1 ? "" : " (\(row["scope_key"]?.string ?? "?"))"
            return [Self.end(row, of, address), Self.contract(row, of, address), Self.agreement(row, of, address)]
        }
    }

    private static func end(_ row: JSONValue, _ of: String, _ address: Address) -> Point {
        let title = "The last sync ended well\(of)"
        let (ended, failed) = (row["last_successful_sync_at"]?.string, row["last_error_at"]?.string)
        let isFailed = failed.map { at in
            guard let ended = ended.flatMap({ Instant($0) }), let at = Instant(at) else { return true }
            return at > ended
        }
        if isFailed == true {
            return Point(title: title, state: .broken, detail: row["last_error"]?.string ?? "it failed", address: address)
        }
        guard let ended else { return Point(title: title, state: .unavailable, detail: "none has ended yet", address: address) }
        return Point(title: title, state: .holds, detail: "at \(ended)", address: address)
    }

    /// What the source sent that its contract does not say: keys that nobody knows, and rows that break it.
    private static func contract(_ row: JSONValue, _ of: String, _ address: Address) -> Point {
        let title = "The source keeps its contract\(of)"
        guard let summary = row["last_run_summary"], !summary.isNull else {
            return Point(title: title, state: .unavailable, detail: "no run has ended yet", address: address)
        }
        func counts(_ member: String) -> [String] {
            summary[member]?.members.map { "\($0.key) \(Figures.count($0.value.integer ?? 0))" } ?? []
        }
        let drift = [("keys that it does not know", counts("unknown_keys")), ("rejected rows", counts("rejected_by_reason"))]
            .filter { !$0.1.isEmpty }.map { "\($0.0): \($0.1.joined(separator: ", "))" }
        return Point(
            title: title, state: drift.isEmpty ? .holds : .broken,
            detail: drift.isEmpty ? "no unknown key and no rejected row" : drift.joined(separator: "; "), address: address)
    }

    /// Whether the last run found the source's rows and the ledger's alike, if it compared them all.
    private static func agreement(_ row: JSONValue, _ of: String, _ address: Address) -> Point {
        let title = "The source and the ledger agree\(of)"
        guard let summary = row["last_run_summary"], let source = summary["source_rows"]?.integer,
            let local = summary["local_rows"]?.integer
        else { return Point(title: title, state: .unavailable, detail: "the last run did not compare the whole scope", address: address) }
        let unmatched = ["unmatched_source_trade_ids", "unmatched_local_trade_ids"].reduce(0) { $0 + (summary[$1]?.count ?? 0) }
        let deltas = [("quantity", "quantity_delta"), ("premium", "premium_delta_usd")].compactMap { name, member in
            summary[member].flatMap { $0.isNull || $0.sourceText == "0" ? nil : "\(name) differs by \($0.sourceText)" }
        }
        let differences = (unmatched > 0 ? ["\(Figures.count(Int64(unmatched))) ids on one side only"] : []) + deltas
        return Point(
            title: title, state: differences.isEmpty && source == local ? .holds : .broken,
            detail: (["\(Figures.count(source)) rows there, \(Figures.count(local)) here"] + differences).joined(separator: ", "),
            address: address)
    }
}
