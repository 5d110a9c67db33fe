import ArgumentParser
import LedgerJSON
import LedgerProjections
import LedgerStore
import LedgerValues
import Operations
import OptionTrades

let syncStateColumns: [(name: String, isNumber: Bool)] = [
    ("scope_key", false), ("last_successful_sync_at", false), ("last_successful_watermark", false),
    ("last_error_at", false), ("last_error", false),
]

/// Prints the rows of `sync_state` as a table.
func showSyncState(_ documents: [JSONDocument]) { show(documents, syncStateColumns, nil) }

/// Brings the view's projection up to date, then prints one page or all pages, pinned to one position.
///
/// - Parameter check: what else is asked of the ledger once the rows are printed
func showView(
    _ view: View, _ options: SettingsOptions, _ paging: ViewCommand.Paging,
    _ parameters: [(name: String, value: String?)], columns: [(name: String, isNumber: Bool)],
    horizons: String? = nil, series: SeriesReading? = nil, joinsRows: Bool = false, check: (Ledger) async throws -> Void = { _ in }
) async throws {
    if let series {
        if paging.by != nil { throw ValidationError("--by goes through all rows: it excludes --latest and --bucket") }
        if paging.csv, case .points = series { throw ValidationError("--csv prints rows: --bucket needs --json, --ndjson or a table") }
    }
    var request = try paging.request(view, parameters, horizons: horizons, series: series)
    if joinsRows {
        if paging.csv || paging.by != nil { throw ValidationError("--rows prints lists: it excludes --csv and --by") }
        request.hasJoinedRows = true
        if paging.all, paging.limit == nil { request.limit = ViewReader.maximumJoinedLimit }
    }
    let asked = request
    let groupings = try paging.by.map { try ViewRequest.groupings(parsing: $0) }
    try await options.withLedger { ledger in
        let head = try await ledger.primaryHead()
        try await ledger.bringUpToDate([view.projection])
        if let groupings {
            let totals = try await ViewReader(ledger, isBounded: false).totals(view, asked, by: groupings)
            return paging.json ? Output.line(String(decoding: totals.json(), as: UTF8.self)) : try show(totals)
        }
        var next = asked
        var rows: [[UInt8]] = []
        var isFirst = true
        while true {
            let page = try await page(view, next, head, ledger)
            if paging.ndjson {
                for row in page.rows { Output.bytes(row + [UInt8(ascii: "\n")]) }
            } else if paging.csv {
                Output.bytes(try page.csv(ledger.csv(of: view), hasHeader: isFirst))
                isFirst = false
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
            } else if !paging.ndjson && !paging.csv {
                if rows.isEmpty, next.cursor == nil {
                    Output.line("\(try await ViewReader(ledger, isBounded: false).emptiness(of: view, next))")
                } else {
                    let documents = try rows.map { try JSONDocument(parsing: $0) }
                    show(documents, columns, ledger.registry.firstDefinition(view.projection)?.columns)
                    if joinsRows { showOptions(of: documents) }
                }
                Output.line("\(rows.count) rows as of position \(page.position)")
                if let receipt = page.receipt {
                    Output.line("root    \(receipt.rootHash)")
                    Output.line("digest  \(receipt.digest)")
                    if let full = receipt.full { Output.line("full    \(full.digest) of the tables of \(full.tables)") }
                }
                if let cursor = page.nextCursor { Output.line("more: --cursor \(cursor)") }
                try ViewSums.show(view, page.aggregates)
            }
            return try await check(ledger)
        }
    }
}

/// Reads a page. If the page does not cover the log as it was when the command began, a warning on standard error says why.
private func page(_ view: View, _ request: ViewRequest, _ head: Int64, _ ledger: Ledger) async throws -> ViewPage {
    do {
        let page = try await ViewReader(ledger, isBounded: false).page(view, request)
        let isPinned = request.asOfPosition != nil || request.asOf != nil || request.cursor != nil
        if !isPinned, page.position < head, let shortfall = try await ledger.shortfall(of: view.projection, before: head) {
            Output.warning("\(shortfall)")
        }
        return page
    } catch LedgerError.projectionBehind(let projection, let position, let checkpoint) {
        // The error itself says already that the projection is behind.
        switch try await ledger.shortfall(of: view.projection, before: position) {
        case .behind, nil: break
        case .some(let shortfall): Output.warning("\(shortfall)")
        }
        throw LedgerError.projectionBehind(projection: projection, position: position, checkpoint: checkpoint)
    }
}

/// Prints totals as a table: a line for each group and one for all, with the columns of money that have an amount.
private func show(_ totals: ViewTotals) throws {
    let root = try JSONDocument(parsing: totals.json()).root
    let by = root["by"]?.elements.compactMap(\.string) ?? []
    let money = root["total"]?["sums"]?.members.filter { $0.value["count"]?.integer != 0 }.map(\.key) ?? []
    func line(_ key: [String], _ group: JSONValue?) -> [String] {
        let sums = money.flatMap { name -> [String] in
            let sum = group?["sums"]?[name]
            let total = sum?["sum"].flatMap { $0.isNull ? nil : Money.amount($0.sourceText) } ?? ""
            return [total, sum?["count"]?.sourceText ?? ""]
        }
        return key + [group?["count"]?.sourceText ?? ""] + sums
    }
    let groups = root["groups"]?.elements.map { group in line(group["key"]?.elements.map { $0.string ?? "" } ?? [], group) } ?? []
    let all = line(by.isEmpty ? [] : ["all"] + Array(repeating: "", count: by.count - 1), root["total"])
    let titles = by + ["rows"] + money.flatMap { [$0, "of rows"] }
    Output.table(titles, (by.isEmpty ? [] : groups) + [all], rightAligned: Set(by.count..<titles.count))
    Output.line("as of position \(totals.position)")
}

/// All rows in the form of one page, like an HTTP answer without a limit.
private func oneAnswer(_ rows: [[UInt8]], _ last: ViewPage) throws -> [UInt8] {
    let root = try JSONDocument(parsing: last.json()).root
    var out: [UInt8] = Array("{\"rows\":[".utf8)
    out.append(contentsOf: rows.joined(separator: [UInt8(ascii: ",")]))
    out.append(contentsOf: "],\"next_cursor\":null".utf8)
    for (key, value) in root.members where key != "rows" && key != "next_cursor" {
        out.append(contentsOf: ",\"\(key)\":\(value.sourceText)".utf8)
    }
    out.append(UInt8(ascii: "}"))
    return out
}

/// - Parameter declared: the columns with their roles; nil if none of the shown ones has a role
private func show(_ documents: [JSONDocument], _ columns: [(name: String, isNumber: Bool)], _ declared: ColumnSet?) {
    let rows = documents.map { document in
        columns.map { cell(document.root[$0.name], declared?.column(named: $0.name)?.role) }
    }
    Output.table(
        columns.map(\.name), rows, rightAligned: Set(columns.indices.filter { columns[$0].isNumber }))
}

/// A column's value in a table: the texts of a list one after the other, and nothing for an object.
func cell(_ value: JSONValue?, _ role: ColumnSet.Role?) -> String {
    guard let value, !value.isNull, value.kind != .object else { return "" }
    if value.kind == .array { return value.elements.compactMap(\.string).joined(separator: " ") }
    return value.string ?? Money.cell(value.sourceText, role)
}
