import LedgerJSON
import LedgerValues
import OptionTrades
import RandomSupport

/// A feed that changes: new rows, late ones, revisions, rows that disappear and return, rows that break the contract.
struct SimulatedFeed: Sendable {
    private(set) var rows: [SimulatedRow] = []
    private var removed: [SimulatedRow] = []
    private var broken: [JSONNode] = []
    /// The time of the latest change, in seconds after the start.
    private(set) var time = 0
    private var lastID = 0

    mutating func change(_ random: inout SeededGenerator) {
        time += 1
        switch random.number(0...11) {
        case 0...4: add(at: time, &random)
        // It comes with a time that an incremental sync has passed already.
        case 5: add(at: random.number(1...time), &random)
        case 6...8 where !rows.isEmpty: rows[random.number(0...rows.count - 1)].revise(at: time, &random)
        case 9 where !rows.isEmpty: removed.append(rows.remove(at: random.number(0...rows.count - 1)))
        case 10 where !removed.isEmpty: rows.append(removed.remove(at: random.number(0...removed.count - 1)))
        case 11: breakOne(&random)
        default: add(at: time, &random)
        }
    }

    private mutating func add(at time: Int, _ random: inout SeededGenerator) {
        lastID += 1
        rows.append(SimulatedRow("S\(lastID)", at: time, &random))
    }

    private mutating func breakOne(_ random: inout SeededGenerator) {
        lastID += 1
        guard case .object(var members) = SimulatedRow("X\(lastID)", at: time, &random).node else { return }
        let name = random.pick(["strike", "tradeStatus", "updatedAt"])
        members = members.map { $0.0 == name ? (name, .string("broken")) : $0 }
        broken.append(.object(members))
    }

    /// The rows that a run gets.
    func rows(since watermark: Instant?) -> [SimulatedRow] {
        guard let watermark else { return rows }
        return rows.filter { SimulatedRow.instant($0.updatedAt) >= watermark }
    }

    /// The feed of this moment as a source. `failsLate` has it fail after its first page.
    func source(_ reader: any ExecutionReader, failsLate: Bool = false) -> SimulatedSource {
        SimulatedSource(feed: self, reader: reader, failsLate: failsLate)
    }

    fileprivate func pages(since watermark: Instant?) -> [[JSONNode]] {
        // Rows that break the contract may lack a time, so every run gets them.
        let all = rows(since: watermark).map(\.node) + broken
        return stride(from: 0, to: all.count, by: SimulatedSource.pageRows).map {
            Array(all[$0..<min($0 + SimulatedSource.pageRows, all.count)])
        }
    }
}

/// A simulated feed at one moment. Its rows are read as those of the standard source.
struct SimulatedSource: ExecutionSource {
    fileprivate static let pageRows = 20

    fileprivate let feed: SimulatedFeed
    fileprivate let reader: any ExecutionReader
    fileprivate let failsLate: Bool

    var feedName: String { TradeLedger.standardFeed }
    var scope: ExecutionScope { reader.scope }

    func redact(_ row: JSONValue) throws(JSONError) -> JSONValue { try reader.redact(row) }

    func normalize(_ row: JSONValue) -> NormalizedRow { reader.normalize(row) }

    nonisolated(nonsending) func pages(
        _ query: SourceQuery, onPage: (JSONElements, Int) async throws -> Void
    ) async throws -> SourceRunEnd {
        let pages = feed.pages(since: query.updatedSince)
        for (index, rows) in ([pages.first ?? []] + pages.dropFirst()).enumerated() {
            let document = try JSONDocument(parsing: JSONNode.array(rows).canonicalBytes())
            try await onPage(document.root.elements, index)
            if failsLate { throw SourceError(.unreachable, code: "http_503", "the simulated feed fails here") }
        }
        return SourceRunEnd(
            pages: max(1, pages.count), lastCursor: nil, watermark: feed.time == 0 ? nil : SimulatedRow.instant(feed.time))
    }
}
