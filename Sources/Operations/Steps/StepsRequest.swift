import LedgerEvents
import LedgerProjections
package import LedgerValues
package import OptionTrades

/// The entity whose events are walked along, the versions, and the part of the walk that is shown.
package struct StepsRequest: Sendable {
    package let view: View
    /// The parts of a row's key, or of its entity's.
    package let key: [String]
    package var rules = RulesChoice.served
    /// A second version that is walked beside the first. Nil for one version.
    package var against: RulesChoice?
    /// Shows the steps from the first event at this position or later. Nil for the entity's first event.
    package var from: Int64?
    package var limit = 20
    package var cursor: String?
    /// Walks up to this event. Nil means the projection's checkpoint.
    package var asOfPosition: Int64?
    /// Walks up to this instant.
    package var asOf: Instant?
    /// Shows only facts with a valid time up to this instant.
    package var effectiveAt: Instant?
    /// The largest number of events that may be walked. A request that needs more is refused.
    package var maximumEvents = 5_000

    package static let maximumLimit = 100

    /// - Parameters:
    ///   - name: the view's name on the command line (`execution-quality`) or its projection's (`execution_quality`)
    ///   - key: the key of a row or of an entity; without a source it means that of synced trades
    package init(view name: String, key: [String]) throws(ExplainError) {
        guard let view = View.named(name) else { throw .badParameter(name: "view", expected: View.expected(insteadOf: name)) }
        self.view = view
        self.key = key
    }

    /// The selection of steps as text. All pages of one walk share it.
    var selection: String {
        [
            view.projection, "\(key)", rules.text(projection: view.projection) ?? "",
            against.map { $0.text(projection: view.projection) ?? "served" } ?? "", from.map { "\($0)" } ?? "",
            effectiveAt?.description ?? "",
        ].joined(separator: "|")
    }

    /// Whether the position and the moment in the request equal a cursor's own. A walk has one of each.
    func allows(_ cursor: ViewCursor) -> Bool {
        (asOfPosition ?? cursor.position) == cursor.position && (asOf ?? cursor.asOf) == cursor.asOf
    }

    /// The command that walks without a service's bounds, up to the position of the request.
    ///
    /// - Parameter versions: the labels of the versions
    func command(upTo position: Int64, _ versions: [String]) -> String {
        var words = ["alpha-ledger", "projection", "step", view.name] + key.map(\.shellQuoted)
        for (name, version) in zip(["--rules", "--against"], versions) { words += [name, version] }
        if let from { words += ["--from", "\(from)"] }
        words += ["--as-of-position", "\(position)"]
        if let effectiveAt { words += ["--effective-at", "\(effectiveAt)"] }
        return (words + ["--limit", "\(limit)", "--json"]).joined(separator: " ")
    }
}

/// The entity of a walk, and the only row of it that is shown.
struct WalkedKey: Sendable {
    let entity: RowKey
    /// Nil if all rows of the entity are shown.
    let row: RowKey?

    /// The parts of the row's key, or of the entity's if there is no row.
    var parts: [String] { (row ?? entity).parts.map(\.text) }

    private init(entity parts: [String]) {
        entity = RowKey(parts)
        row = nil
    }

    private init(row parts: [String]) {
        let row = RowKey(parts)
        entity = RowKey(entityOf: row)
        self.row = row
    }

    /// What a key can mean, the likeliest first: a row or an entity, the source of synced trades given or not.
    ///
    /// Two parts of a key of three can be an entity's key, or a row's without the source.
    static func meanings(of key: [String], _ columns: ColumnSet) throws(ExplainError) -> [WalkedKey] {
        var meanings: [WalkedKey] = []
        let (row, entity) = (columns.key, columns.entityKey)
        if key.count == row.count { meanings.append(WalkedKey(row: key)) }
        if key.count == entity.count, entity.count < row.count { meanings.append(WalkedKey(entity: key)) }
        if row.first == "source" {
            let completed = [TradeLedger.standardSource] + key
            if completed.count == row.count { meanings.append(WalkedKey(row: completed)) }
            if completed.count == entity.count, entity.count < row.count { meanings.append(WalkedKey(entity: completed)) }
        }
        guard !meanings.isEmpty, !key.contains("") else {
            let ofEntity = entity.count < row.count ? ", or its entity's \(entity.joined(separator: "|"))" : ""
            throw .badParameter(name: "key", expected: "the \(row.count) parts \(row.joined(separator: "|"))\(ofEntity)")
        }
        return meanings
    }
}
