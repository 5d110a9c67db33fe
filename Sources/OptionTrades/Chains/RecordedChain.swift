import LedgerExplanations
package import LedgerJSON
import LedgerValues

extension View {
    /// Whether its rows name the events of a chain's parts, so that a read can join the chain's rows.
    package var hasJoinedRows: Bool { projection.isBytewiseEqual(to: OptionChainsTable.name) }
}

extension OptionChain {
    /// A row of `option_chains` with the member `rows`: those of the chain that it counts, as readers get them. Null without one.
    ///
    /// - Parameter parts: the parts at the row's `part_positions`.
    package static func joined(_ row: JSONDocument, _ parts: [ChainPart]) throws(JSONError) -> JSONDocument {
        let chain = ChainPart.chain(of: parts.sorted { $0.number < $1.number })
        let rows = chain.map { MarketRows($0.rows.map(\.values), of: .optionChain).publishedJSON() } ?? Array("null".utf8)
        var out: [UInt8] = [UInt8(ascii: "{")]
        var isWritten = false
        func write(_ key: String, _ json: [UInt8]) {
            if out.count > 1 { out.append(UInt8(ascii: ",")) }
            out += JSONNode.string(key).httpBytes() + [UInt8(ascii: ":")] + json
        }
        for (key, value) in row.root.members {
            if !isWritten, "rows".isBytewiseLess(than: key) {
                write("rows", rows)
                isWritten = true
            }
            write(key, Array(value.sourceText.utf8))
        }
        if !isWritten { write("rows", rows) }
        out.append(UInt8(ascii: "}"))
        return try JSONDocument(parsing: out)
    }
}

/// A chain that counts, as an analysis reads it: a row of `option_chains` with its joined rows.
struct RecordedChain: Sendable {
    let marketDate: CalendarDate
    let expiry: CalendarDate
    let dte: Int
    let timestamp: Instant
    let spot: FixedDecimal?
    let isIncomplete: Bool
    /// Those of its parts' events.
    let positions: [Int64]
    let rows: [ChainRow]

    /// Nil for a row without a complete chain.
    init?(_ document: JSONDocument) {
        let row = document.root
        guard let marketDate = row["market_date"]?.date, let expiry = row["expiry"]?.date, let dte = row["dte"]?.integer,
            let timestamp = row["timestamp"]?.instant,
            let rows = row["rows"].flatMap({ ChainRow.all(in: Array($0.sourceText.utf8)) })
        else { return nil }
        self.marketDate = marketDate
        self.expiry = expiry
        self.dte = Int(dte)
        self.timestamp = timestamp
        spot = row["spot"]?.decimal.flatMap { $0 > .zero ? $0 : nil }
        isIncomplete = row["warnings"].map { $0.count > 0 } ?? false
        positions = row["part_positions"]?.elements.compactMap(\.integer) ?? []
        self.rows = rows
    }

    /// The chains of the latest market date among rows, by expiry.
    static func latest(_ documents: [JSONDocument]) -> [RecordedChain] {
        let chains = documents.compactMap { RecordedChain($0) }
        guard let date = chains.map(\.marketDate).max() else { return [] }
        return chains.filter { $0.marketDate == date }.sorted { $0.expiry < $1.expiry }
    }
}

extension ChainRow {
    /// A figure by its name in events.
    func figure(_ column: String) -> FixedDecimal? {
        switch column {
        case "strike": strike
        case "bid": bid
        case "ask": ask
        case "delta": soundDelta
        default: nil
        }
    }

    /// A delta outside −1…1 counts as missing.
    var soundDelta: FixedDecimal? { delta.flatMap { $0.magnitude <= FixedDecimal(1) ? $0 : nil } }
}
