import LedgerEvents
import LedgerJSON
import LedgerPostgres
import LedgerProjections
import LedgerStore
import OptionTrades

/// Reads the parts of chains that rows name by the positions of their events.
struct ChainParts {
    let ledger: Ledger
    let session: PostgresSession

    /// The parts at some positions.
    func parts(at positions: [Int64]) throws -> [ChainPart] {
        if positions.isEmpty { return [] }
        return try LogReader().events(at: positions, session).map { record in
            guard let observed = try ledger.registry.events.payload(of: record).payload(as: MarketObservedPayload.self) else {
                throw LedgerError.corrupt(position: record.position, problem: "a part of a chain was expected")
            }
            return ChainPart(position: record.position, observed: observed)
        }
    }

    /// Rows of `option_chains`, each with the rows of the chain that it counts.
    func joined(_ rows: [JSONDocument]) throws -> [JSONDocument] {
        let positions = rows.map { row in row.root["part_positions"]?.elements.compactMap(\.integer) ?? [] }
        // A part is read once, and all parts at once.
        let all = Set(positions.joined()).sorted()
        let parts = Dictionary(uniqueKeysWithValues: try parts(at: all).map { ($0.position, $0) })
        return try zip(rows, positions).map { row, positions in
            try OptionChain.joined(row, positions.compactMap { parts[$0] })
        }
    }
}
