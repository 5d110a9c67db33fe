import LedgerEvents
import LedgerJSON
import LedgerProjections
import LedgerValues
package import OptionTrades

/// Scenarios of open contracts: of one position, of a portfolio, or of a file's.
package struct ScenariosQuestion: ResearchQuestion {
    package enum Asked: Sendable {
        case position(String)
        case portfolio(String)
        /// The positions, and the file's bytes' digest.
        case file([ScenarioPosition], digest: String)
    }

    package let asked: Asked

    package init(_ asked: Asked) { self.asked = asked }

    package init(position: String?, portfolio: String?) throws(ViewError) {
        switch (position, portfolio) {
        case (let position?, nil): asked = .position(position)
        case (nil, let portfolio?): asked = .portfolio(portfolio)
        default: throw .badParameter(name: "position_id", expected: "a position's id, or a portfolio in `portfolio`: one of both")
        }
    }

    package init(_ file: PortfolioFile, bytes: [UInt8]) {
        asked = .file(file.positions, digest: Digest32(sha256Of: bytes).description)
    }

    package var name: String { "scenarios" }
    package var views: [View] { [.lifecycles, .optionChains] }
    package var analysis: String? { ScenarioRules.name }
    package var key: String {
        switch asked {
        case .position(let id): "position|\(id)"
        case .portfolio(let name): "portfolio|\(name)"
        case .file(_, let digest): "file|\(digest)"
        }
    }

    package func document(_ rows: ResearchRows) throws -> [UInt8] {
        let rules = try rows.ownRules(ScenarioRules.init(version:read:))
        let positions: [ScenarioPosition]
        var name: (name: String, value: String?) = ("file", nil)
        var isFile = false
        switch asked {
        case .position(let id):
            positions = try rows.openPositions([.equals(column: "position_id", value: id)])
            name = ("position_id", id)
        case .portfolio(let portfolio):
            positions = try rows.openPositions([.equals(column: "source_portfolio", value: portfolio)])
            name = ("portfolio", portfolio)
        case .file(let given, _):
            positions = given
            isFile = true
        }
        var chains: [String: OptionChain?] = [:]
        let scenarios = try positions.compactMap { position -> Scenario? in
            guard let today = rules.dates.date(at: rows.now, of: position.underlying) else { return nil }
            let contract = "\(position.underlying)|\(position.expiry)"
            if chains[contract] == nil {
                chains[contract] = .some(try rows.latestChain(of: position.underlying, expiry: position.expiry, through: today))
            }
            return Scenario(
                of: position, chain: chains[contract] ?? nil, now: rows.now, today: today, isFile: isFile, rules)
        }
        return ScenarioDocument.write(scenarios, now: rows.now, asked: name, rules)
    }
}

extension ResearchRows {
    /// The contracts with a net position, in the order of the view.
    fileprivate func openPositions(_ filters: [RowFilter]) throws -> [ScenarioPosition] {
        try rows(.lifecycles, filters).compactMap { document in
            let row = document.root
            guard let quantity = row["net_quantity"]?.decimal, !quantity.isZero, let id = row["position_id"]?.string,
                let underlying = row["underlying_symbol"]?.string, let expiry = row["expiry"]?.string.flatMap({ CalendarDate($0) }),
                let strike = row["strike"]?.decimal, let type = row["option_type"]?.string.flatMap({ OptionType(rawValue: $0) })
            else { return nil }
            let multipliers = row["open_lots"]?.elements.map { $0["contract_multiplier"]?.decimal } ?? []
            // Lots of several multipliers have none in common.
            let multiplier = multipliers.first.flatMap { first in multipliers.allSatisfy { $0 == first } ? first : nil }
            return ScenarioPosition(
                id: id, underlying: underlying, expiry: expiry, strike: strike, type, quantity: quantity, multiplier: multiplier,
                basis: row["average_open_price"]?.decimal)
        }
    }

    /// The latest complete chain of an expiry whose timestamp is not after the reader's now.
    fileprivate func latestChain(of underlying: String, expiry: CalendarDate, through today: CalendarDate) throws -> OptionChain? {
        let own: [RowFilter] = [
            .equals(column: "underlying", value: underlying), .equals(column: "expiry", value: expiry.description),
        ]
        var end = today.advanced(byDays: 1)
        while let before = end {
            guard let row = try last(.optionChains, own + [.beforeDate(column: "market_date", before)])?.root,
                let date = row["market_date"]?.string.flatMap({ CalendarDate($0) })
            else { return nil }
            if let time = row["timestamp"]?.string.flatMap({ Instant($0) }) {
                if time <= now { return try chain(of: row) }
                // A chain of later than now: the day's latest up to now counts.
                let day = [RowFilter.fromDate(column: "market_date", date), .beforeDate(column: "market_date", before)]
                if let held = try held(.optionChains, own + day), let chain = try chain(of: held.root) { return chain }
            }
            end = date
        }
        return nil
    }

    /// The last row as of the reader's now in valid time too.
    private func held(_ view: View, _ filters: [RowFilter]) throws -> JSONDocument? {
        var found: JSONDocument?
        try standing.rows(of: view, filters, ledger.registry, effectiveAt: now).forEach(after: nil, deadline, session) { _, row in
            found = row
            return true
        }
        return found
    }
}
