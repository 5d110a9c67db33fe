import LedgerJSON
package import LedgerValues

/// A portfolio in a file: `{as_of, positions: [{symbol, quantity, multiplier?, basis?, mark?, iv?, spot?}]}`.
package struct PortfolioFile: Sendable {
    package let asOf: Instant
    package let positions: [ScenarioPosition]

    /// Why a file can't be used: the member and what was expected.
    package struct Problem: Error, CustomStringConvertible {
        package let description: String
    }

    package init(parsing bytes: [UInt8]) throws(Problem) {
        let root: JSONValue
        do {
            root = try JSONDocument(parsing: bytes, maximumDepth: 4).root
        } catch {
            throw Problem(description: "expected a JSON object: \(error)")
        }
        try Self.allow(["as_of", "positions"], in: root, "")
        guard let asOf = root["as_of"]?.string.flatMap({ Instant($0) }) else {
            throw Problem(description: "as_of: expected an instant such as 2026-01-30T21:00:00Z")
        }
        guard let list = root["positions"], list.kind == .array else {
            throw Problem(description: "positions: expected a list")
        }
        var positions: [ScenarioPosition] = []
        for (index, value) in list.elements.enumerated() { positions.append(try Self.position(value, "positions[\(index)]")) }
        self.asOf = asOf
        self.positions = positions
    }

    private static func allow(_ names: [String], in value: JSONValue, _ place: String) throws(Problem) {
        let prefix = place.isEmpty ? "" : "\(place): "
        guard value.kind == .object else { throw Problem(description: "\(prefix)expected an object") }
        for member in value.memberViews where !names.contains(where: { $0.isBytewiseEqual(to: member.key) }) {
            throw Problem(description: "\(prefix)unknown member `\(member.key)`; expected \(names.joined(separator: ", "))")
        }
    }

    private static func position(_ value: JSONValue, _ place: String) throws(Problem) -> ScenarioPosition {
        try allow(["symbol", "quantity", "multiplier", "basis", "mark", "iv", "spot"], in: value, place)
        func decimal(_ name: String) throws(Problem) -> FixedDecimal? {
            guard let given = value[name], !given.isNull else { return nil }
            guard let decimal = given.decimal else { throw Problem(description: "\(place).\(name): expected a decimal") }
            return decimal
        }
        guard let text = value["symbol"]?.string, let symbol = OptionSymbol(text) else {
            throw Problem(description: "\(place).symbol: expected an OCC symbol such as MSTR260220C00150000")
        }
        guard let quantity = try decimal("quantity"), !quantity.isZero else {
            throw Problem(description: "\(place).quantity: expected contracts, below zero if they are sold")
        }
        let multiplier = try decimal("multiplier")
        if let multiplier, multiplier <= .zero { throw Problem(description: "\(place).multiplier: expected a decimal above zero") }
        return ScenarioPosition(
            id: symbol.description, underlying: symbol.root, expiry: symbol.expiry, strike: symbol.strike, symbol.optionType,
            quantity: quantity, multiplier: multiplier, basis: try decimal("basis"), mark: try decimal("mark"), iv: try decimal("iv"),
            spot: try decimal("spot"))
    }
}
