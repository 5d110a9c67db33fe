package import LedgerEvents
package import LedgerJSON
package import LedgerProjections
package import LedgerValues

/// What is said of the chain that counts of an underlying, market date and expiry.
package struct CountedChain: Sendable {
    package let underlying: String
    package let marketDate: CalendarDate
    package let expiry: CalendarDate
    /// Nil if none is complete.
    package let chain: OptionChain?
    /// Whether a later timestamp is incomplete, or none is complete.
    package let isIncomplete: Bool
    /// The latest timestamp of a part, complete or not.
    package let latest: Instant

    package init(
        underlying: String, marketDate: CalendarDate, expiry: CalendarDate, chain: OptionChain?, isIncomplete: Bool, latest: Instant
    ) {
        self.underlying = underlying
        self.marketDate = marketDate
        self.expiry = expiry
        self.chain = chain
        self.isIncomplete = isIncomplete
        self.latest = latest
    }

    /// Days from the market date to the expiry.
    package var dte: Int { expiry.days(since: marketDate) }

    /// The token of an incomplete chain, if it is one.
    var incompleteWarning: [String] { isIncomplete ? ["incomplete_chain:\(expiry)"] : [] }

    func key() -> RowKey { RowKey([underlying, marketDate.description, expiry.description]) }
}

/// The rules of a table that is made from chains: whether a chain has a row, and what the row says.
package protocol ChainTable: Sendable {
    var identity: ProjectionIdentity { get }
    var dates: MarketDateRules { get }

    func hasRow(_ counted: CountedChain) -> Bool

    /// Writes the row, a JSON object in canonical order.
    func write(_ counted: CountedChain, to out: inout JSONWriter, decimals: JSONWriter.DecimalForm)
}

/// A projection of option chains: a row for each underlying, market date and expiry, from the chain that counts.
///
/// Facts are positions of the parts' events, so that history costs no second copy of a chain.
package struct ChainProjection<Table: ChainTable>: Projection {
    package typealias Facts = ChainFacts

    package static var consumes: [EventType: Set<Int>] { [.marketObserved: [1, 2, 3]] }
    package static var refersToEvents: Bool { true }

    package let table: Table
    package var identity: ProjectionIdentity { table.identity }

    package init(_ table: Table) { self.table = table }

    package func entities(touchedBy event: DecodedEvent) -> [RowKey] {
        guard let observed = event.payload(as: MarketObservedPayload.self), observed.kind == .optionChain,
            let expiry = observed.date("expiry"), let date = table.dates.date(at: observed.timestamp, of: observed.subject)
        else { return [] }
        return [RowKey([observed.subject, date.description, expiry.description])]
    }

    package func apply(_ event: DecodedEvent, to facts: inout ChainFacts?, of entity: RowKey) {
        guard let observed = event.payload(as: MarketObservedPayload.self) else { return }
        facts[orNew: ChainFacts()].record(ChainPart(position: event.record.position, observed: observed))
    }

    package func writeRows(of facts: ChainFacts, to rows: inout RowWriter) {
        guard let counted = counted(facts), table.hasRow(counted) else { return }
        table.write(counted, to: &rows.out, decimals: .strings)
        rows.endRow(counted.key())
    }

    /// The chain that counts.
    package func counted(_ facts: ChainFacts) -> CountedChain? {
        guard let last = facts.parts.last, let expiry = last.observed.date("expiry"),
            let date = table.dates.date(at: last.timestamp, of: last.observed.subject)
        else { return nil }
        let (chain, isIncomplete) = facts.counted()
        return CountedChain(
            underlying: last.observed.subject, marketDate: date, expiry: expiry, chain: chain, isIncomplete: isIncomplete,
            latest: last.timestamp)
    }

    package func facts(_ facts: ChainFacts, effectiveBy instant: Instant) -> ChainFacts? { facts.held(by: instant) }

    package func heldBytes(of facts: ChainFacts) -> Int { facts.byteCount }
}

// MARK: - Facts as JSON

extension ChainProjection {
    package func encode(_ facts: ChainFacts, to out: inout JSONWriter) {
        out.beginObject()
        out.key("positions")
        out.beginArray()
        for part in facts.parts { out.integer(part.position) }
        out.endArray()
        out.endObject()
    }

    package func referredPositions(in document: [UInt8]) throws -> [Int64] {
        guard let positions = try JSONDocument(parsing: document).root["positions"], positions.kind == .array else {
            throw RowProblem(description: "stored facts of a chain lack their positions")
        }
        return positions.elements.compactMap(\.integer)
    }

    /// Throws: without the events there are no facts.
    package func facts(from document: [UInt8]) throws -> ChainFacts { try facts(from: document, referring: .none) }

    package func facts(from document: [UInt8], referring events: ReferredEvents) throws -> ChainFacts {
        var facts = ChainFacts()
        for position in try referredPositions(in: document) {
            let event = try events.event(at: position)
            guard let observed = event.payload(as: MarketObservedPayload.self), observed.kind == .optionChain else {
                throw RowProblem(description: "stored facts of a chain refer to event \(position), which is no chain")
            }
            facts.record(ChainPart(position: position, observed: observed))
        }
        return facts
    }
}

extension JSONWriter {
    /// The key of a chain's row, and positions of its parts, among the members of the row.
    mutating func partPositions(_ chain: OptionChain?) {
        key("part_positions")
        beginArray()
        for position in chain?.positions ?? [] { integer(position) }
        endArray()
    }

    /// Tokens that say why a figure is null: sorted bytewise, each once.
    mutating func warnings(_ tokens: some Sequence<String>) {
        key("warnings")
        strings(Set(tokens).sorted { $0.isBytewiseLess(than: $1) })
    }
}
