import LedgerEvents
import LedgerExplanations
import LedgerJSON
import LedgerProjections
import LedgerRules
import LedgerValues

/// Explains rows that are made from chains: a figure is worked out anew from the events of the chain's parts.
struct ChainExplainer<Table: ChainTable>: ViewExplainer {
    let table: Table

    static func needs(_ row: RowMembers) -> ExplanationNeeds {
        .positions(row.root["part_positions"]?.elements.compactMap(\.integer) ?? [])
    }

    func explain(_ field: String, _ sheet: inout Worksheet) throws(ExplanationError) {
        let row = RowMembers(root: sheet.row.published.root)
        let positions = row.root["part_positions"]?.elements.compactMap(\.integer) ?? []
        guard let date = CalendarDate(row.text("market_date")), let expiry = CalendarDate(row.text("expiry")) else {
            throw .missingEvent(view: table.identity.name, position: nil, expected: "market date and expiry")
        }
        var facts = ChainFacts()
        for position in positions {
            guard let event = sheet.row.event(at: position), let observed = event.payload(as: MarketObservedPayload.self) else {
                throw .missingEvent(view: table.identity.name, position: position, expected: "part of a chain")
            }
            facts.record(ChainPart(position: position, observed: observed))
            sheet.input("part", Shown(observed.integer("part")), event)
            sheet.input("rows", Shown(Int64(observed.rows?.count ?? 0)), event)
        }
        let token = "incomplete_chain:\(expiry)"
        let isIncomplete = row.root["warnings"]?.elements.contains { $0.string?.isBytewiseEqual(to: token) ?? false } ?? false
        let chain = facts.counted().chain
        if let own = table.identity.rules.first(where: { $0.path.hasPrefix(table.identity.name) }) { sheet.rule(own, "version") }
        let counted = CountedChain(
            underlying: row.text("underlying"), marketDate: date, expiry: expiry, chain: chain, isIncomplete: isIncomplete,
            latest: chain?.timestamp ?? .minimum)
        let bytes = JSONWriter.bytes(reservingCapacity: 4096) { table.write(counted, to: &$0, decimals: .numbers) }
        let shown = (try? JSONDocument(parsing: bytes))?.root[field]
        guard chain != nil else {
            // The later or only chain is incomplete: which parts are missing, no event says.
            return sheet.step("of a chain whose parts are not all there", field, Shown(shown))
        }
        sheet.step("worked out from the joined rows of the parts under these rules", field, Shown(shown))
    }
}
