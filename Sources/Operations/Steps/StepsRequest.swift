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
    /// The parts of the row's key, or of the entity's if there is no row, as rows show them.
    let parts: [String]

    /// The parts of the entity's key, as rows show them.
    var entityParts: [String] { Array(parts.prefix(entity.parts.count)) }

    /// Nil if a part that is a figure in rows is none here.
    private init?(entity parts: [String], _ definition: ProjectionDefinition) {
        guard let shown = definition.columns.shownKey(parts), let key = definition.columns.rowKey(shown) else { return nil }
        (entity, row, self.parts) = (key, nil, shown)
    }

    /// Nil if a part that is a figure in rows is none here.
    private init?(row parts: [String], _ definition: ProjectionDefinition) {
        guard let shown = definition.columns.shownKey(parts), let key = definition.columns.rowKey(shown) else { return nil }
        (entity, row, self.parts) = (RowKey(entityOf: key, parts: definition.entityKey.count), key, shown)
    }

    /// What a key can mean, the likeliest first: a row or an entity, the source of synced trades given or not.
    ///
    /// Two parts of a key of three can be an entity's key, or a row's without the source.
    static func meanings(of key: [String], _ definition: ProjectionDefinition) throws(ExplainError) -> [WalkedKey] {
        var meanings: [WalkedKey] = []
        let (row, entity) = (definition.columns.key, definition.entityKey)
        func add(_ key: [String]) {
            if key.count == row.count, let meaning = WalkedKey(row: key, definition) { meanings.append(meaning) }
            if key.count == entity.count, entity.count < row.count, let meaning = WalkedKey(entity: key, definition) {
                meanings.append(meaning)
            }
        }
        add(key)
        if row.first == "source" { add([TradeLedger.standardSource] + key) }
        guard !meanings.isEmpty, !key.contains("") else {
            let ofEntity = entity.count < row.count ? ", or its entity's \(entity.joined(separator: "|"))" : ""
            throw .badParameter(
                name: "key",
                expected: "the \(row.count) parts \(definition.columns.describedKey.joined(separator: "|"))\(ofEntity)")
        }
        return meanings
    }
}
