import LedgerJSON
import LedgerProjections
import LedgerStore

/// The explanations of a changed row's column under two versions.
package struct ExplainedChange: Sendable {
    /// The parts of the row's key.
    package let key: [String]
    /// The column that differs. Nil for a row that only one version has, which is explained as a whole.
    package let field: String?
    /// The explanation under the old version. Nil if that version has no such row, or if this program lacks its code.
    package let from: ExplainedFigure?
    /// The explanation under the new version. Nil in the same cases.
    package let to: ExplainedFigure?

    /// Writes `{"key":[…],"field":…,"from":{…},"to":{…}}`, with each side in the form of `audit explain --json`.
    func write(to out: inout JSONWriter) {
        out.beginObject()
        out.key("key")
        out.beginArray()
        for part in key { out.string(part) }
        out.endArray()
        out.key("field")
        if let field { out.string(field) } else { out.null() }
        for (name, figure) in [("from", from), ("to", to)] {
            out.key(name)
            if let figure { out.raw(figure.json()) } else { out.null() }
        }
        out.endObject()
    }
}

extension Ledger {
    /// Explains the first rows of a diff's sample under both of its versions, for each column that differs, at the
    /// diff's position.
    package func explain(_ diff: ProjectionDiff, rows limit: Int) async throws -> [ExplainedChange] {
        var explained: [ExplainedChange] = []
        for change in diff.sample.prefix(limit) {
            let key = change.key.map { $0.value.string ?? $0.value.sourceText }
            let fields: [String?] = change.fields.isEmpty ? [nil] : change.fields.map(\.column.name)
            for field in fields {
                explained.append(
                    ExplainedChange(
                        key: key, field: field, from: try await explain(diff.from, diff.position, key, field),
                        to: try await explain(diff.to, diff.position, key, field)))
            }
        }
        return explained
    }

    private func explain(
        _ version: ProjectionVersion, _ position: Int64, _ key: [String], _ field: String?
    ) async throws -> ExplainedFigure? {
        var request = try ExplainRequest(view: version.name, key: key, field: field)
        request.asOfPosition = position
        request.rules = .version(version.reference)
        do {
            return try await explain(request)
        } catch ExplainError.noRow, ExplainError.notInstalled, ViewError.rulesUnavailable {
            return nil
        }
    }
}
