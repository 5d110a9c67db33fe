import LedgerJSON
import LedgerValues
import OptionTrades

/// A row that a step changed, under each version. A version under which the row stayed is nil.
struct RowSides {
    struct Side {
        let source: ByteKey
        /// `added`, `removed` or `changed`.
        let kind: String
        let fields: [JSONValue]
        let changed: [String: JSONValue]
        let unchanged: [String: JSONValue]
        let unchangedNames: [String]

        init(_ row: JSONValue) {
            source = ByteKey(row.sourceText)
            kind = row["change"]?.string ?? "?"
            fields = row["fields"]?.elements.map { $0 } ?? []
            changed = Dictionary(fields.map { ($0["field"]?.string ?? "?", $0) }) { first, _ in first }
            let members = row["unchanged"]?.members.map { ($0.key, $0.value) } ?? []
            unchanged = Dictionary(members) { first, _ in first }
            unchangedNames = members.map(\.0)
        }
    }

    let key: String
    let sides: [Side?]

    /// The rows of a step, in the order of the first version's, then those that only the second one changed.
    static func all(_ step: JSONValue, key names: [String]) -> [RowSides] {
        let sides = step["sides"]?.elements.map { side in side["changes"]?.elements.map { $0 } ?? [] } ?? []
        var keys: [String] = []
        for row in sides.joined() where !keys.contains(keyText(row, names)) { keys.append(keyText(row, names)) }
        return keys.map { key in
            RowSides(key: key, sides: sides.map { rows in rows.first { keyText($0, names) == key }.map { Side($0) } })
        }
    }

    /// The parts of a row's key, in the order of the view's.
    static func keyText(_ row: JSONValue, _ names: [String]) -> String {
        names.compactMap { row["key"]?[$0]?.string }.joined(separator: " · ")
    }

    /// Whether every version changed the row in the same way.
    var isAlike: Bool { sides.allSatisfy { $0?.source == sides[0]?.source } }

    /// The fields that differ under some version, in canonical order.
    var fields: [String] {
        Set(sides.compactMap { $0?.changed.keys }.joined()).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// The fields that stay under every version that changed the row, with the values of the first of them.
    var unchanged: [(name: String, value: JSONValue?)] {
        guard let side = sides.compactMap({ $0 }).first else { return [] }
        let changed = Set(fields)
        return side.unchangedNames.filter { !changed.contains($0) }.map { ($0, side.unchanged[$0]) }
    }

    /// `alpha_sync · 1001: row added`; with two versions what each did.
    func title(_ versions: [String]) -> String {
        let kinds = sides.map { side in side.map { "row \($0.kind)" } ?? "row unchanged" }
        if isAlike { return "\(key): \(kinds[0])\(versions.count > 1 ? ", alike under both versions" : "")" }
        return "\(key): " + zip(kinds, versions).map { "\($0) under \($1)" }.joined(separator: ", ")
    }
}
