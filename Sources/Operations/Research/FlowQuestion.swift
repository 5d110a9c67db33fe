import LedgerJSON
import LedgerProjections
import LedgerRules
package import LedgerValues
package import OptionTrades

/// Trades of an underlying's options against the quotes in force, added up by contract, strike, time and the like.
package struct FlowQuestion: ResearchQuestion {
    package let underlying: String
    package var from: CalendarDate?
    package var to: CalendarDate?
    /// Nil for the first that a contract's date has, in the order of the rules.
    package var source: FlowSource?
    package var group = FlowGroups.Group.contract

    package init(underlying: String) { self.underlying = underlying }

    /// Reads the name of a group.
    package static func group(parsing text: String) throws(ViewError) -> FlowGroups.Group {
        guard let group = FlowGroups.Group(rawValue: text) else {
            throw .badParameter(name: "group", expected: FlowGroups.Group.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return group
    }

    /// Reads the name of a source.
    package static func source(parsing text: String) throws(ViewError) -> FlowSource {
        guard let source = FlowSource(rawValue: text) else {
            throw .badParameter(name: "source", expected: FlowSource.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return source
    }

    package var name: String { "flow" }
    package var views: [View] { [.intradayFlow, .optionChains] }
    package var key: String {
        "\(underlying)|\(from?.description ?? "")|\(to?.description ?? "")|\(source?.rawValue ?? "")|\(group.rawValue)"
    }

    package func document(_ rows: ResearchRows) throws -> [UInt8] {
        let rules = try rows.rules(of: .intradayFlow, IntradayFlowRules.init(version:read:))
        var groups = FlowGroups(by: group, rules)
        var chains = ContractDeltas(rows, rules.surface)
        let own = RowFilter.equals(column: "underlying", value: underlying)
        let dates =
            (from.map { [RowFilter.fromDate(column: "market_date", $0)] } ?? [])
            + (to.map { [RowFilter.beforeDate(column: "market_date", $0)] } ?? [])
        // Rows of one contract and date come one after the other, one of each source.
        var chosen: (contract: [ByteKey], rank: Int, row: JSONDocument)?
        func take() throws {
            guard let row = chosen?.row.root else { return }
            groups.add(row, deltaBucket: group == .deltaBucket ? try chains.bucket(of: row) : nil)
        }
        try rows.forEach(.intradayFlow, [own] + dates) { document in
            let row = document.root
            guard let found = row["source"]?.string.flatMap({ FlowSource(rawValue: $0) }), source == nil || source == found,
                let rank = rules.sourceOrder.firstIndex(of: found)
            else { return }
            let contract = ["symbol", "market_date"].map { ByteKey(row[$0]?.string ?? "") }
            if let held = chosen, held.contract == contract {
                if rank < held.rank { chosen = (contract, rank, document) }
                return
            }
            try take()
            chosen = (contract, rank, document)
        }
        try take()
        var tokens = groups.tokens
        if groups.isEmpty {
            tokens.append("no_flow")
            if try rows.last(.optionChains, [own] + dates) == nil { tokens.append("no_chain") }
        }
        // A single date that was asked for is that of the answer, whether it has trades or not.
        let asked = from.flatMap { $0.advanced(byDays: 1) == to ? $0 : nil }
        return JSONWriter.bytes(reservingCapacity: 1 << 13) { out in
            out.beginObject()
            out.key("disclaimer"); out.string(Research.disclaimer)
            out.key("from"); out.date(from)
            out.key("group"); out.string(group.rawValue)
            out.key("market_date"); out.date(groups.marketDate ?? asked)
            out.key("rows"); groups.write(to: &out)
            out.key("source"); out.string(source?.rawValue)
            out.key("to"); out.date(to)
            out.key("underlying"); out.string(underlying)
            out.key("warnings"); out.strings(tokens.sorted { $0.isBytewiseLess(than: $1) })
            out.endObject()
        }
    }
}

extension ResearchRows {
    /// Visits the rows that pass every filter, in key order, without holding them.
    func forEach(_ view: View, _ filters: [RowFilter], _ body: (JSONDocument) throws -> Void) throws {
        try standing.rows(of: view, filters, ledger.registry).forEach(after: nil, deadline, session) { _, row in
            try body(row)
            return true
        }
    }
}

/// Ranges of delta of contracts, from the chains that count on their dates.
private struct ContractDeltas {
    private let rows: ResearchRows
    private let rules: IVSurfaceRules
    private var chains: [[ByteKey]: OptionChain?] = [:]

    init(_ rows: ResearchRows, _ rules: IVSurfaceRules) { (self.rows, self.rules) = (rows, rules) }

    /// The range of a row's contract. Nil without a chain of its date, or a delta in it.
    mutating func bucket(of row: JSONValue) throws -> String? {
        guard let underlying = row["underlying"]?.string, let date = row["market_date"]?.string.flatMap({ CalendarDate($0) }),
            let expiry = row["expiry"]?.string, let strike = row["strike"]?.decimal,
            let type = row["option_type"]?.string.flatMap({ OptionType(rawValue: $0) })
        else { return nil }
        let key = [ByteKey(date.description), ByteKey(expiry)]
        if chains[key] == nil {
            let own: [RowFilter] = [
                .equals(column: "underlying", value: underlying), .fromDate(column: "market_date", date),
                .equals(column: "expiry", value: expiry),
            ]
            let end = date.advanced(byDays: 1).map { [RowFilter.beforeDate(column: "market_date", $0)] } ?? []
            chains[key] = .some(try rows.last(.optionChains, own + end).flatMap { try rows.chain(of: $0.root) })
        }
        let contract = (chains[key] ?? nil)?.rows.first { $0.strike == strike && $0.optionType == type }
        guard let delta = rules.magnitude(of: contract?.delta) else { return nil }
        return rules.bucket(of: delta).map { rules.buckets[$0].name }
    }
}
