public import JSON
public import Projections
public import Rules
import Values

/// What explains the rows of one view.
protocol ViewExplainer: Sendable {
    /// The events that an explanation of a row reads.
    static func needs(_ row: RowMembers) -> ExplanationNeeds

    /// Works a column out anew; the last step's result is what should have been published.
    func explain(_ field: String, _ sheet: inout Worksheet) throws(ExplanationError)
}

/// A published row's members.
struct RowMembers {
    let root: JSONValue

    func text(_ name: String) -> String { root[name]?.string ?? "" }

    /// The positions in `event_positions`.
    var eventPositions: [Int64] { root["event_positions"]?.elements.compactMap(\.integer) ?? [] }

    /// A position in `inputs`; nil where there is none.
    func input(_ name: String) -> Int64? { root["inputs"]?[name]?.integer }
}

/// Explains the rows of one version of a projection, from their events and by its rules.
///
/// Pure: the same row, events and rules give the same explanation.
public struct Explainer: Sendable {
    /// The projection's name.
    public let view: String
    private let explainer: any ViewExplainer
    private let sources: [ByteKey: RuleSource]
    private let columns: [String]

    /// - Parameters:
    ///   - identity: of the version that published the rows; its rule files must be installed with the same digests.
    ///   - columns: the view's columns.
    ///   - files: the paths of all files below `projections/`.
    /// - Returns: nil for a projection that nothing explains.
    public init?(_ identity: ProjectionIdentity, columns: ColumnSet, files: [String], read: RuleFileReader) throws {
        guard let number = Int(identity.version.dropFirst()) else { return nil }
        view = identity.name
        self.columns = columns.columns.map(\.name)
        var quoted = identity.rules
        switch identity.name {
        case TradesProjection.name: explainer = TradesExplainer(rules: try TradesRules(version: number, read: read))
        case LifecyclesProjection.name:
            explainer = LifecyclesExplainer(rules: try LifecyclesRules(version: number, read: read))
        case ContextProjection.name:
            let context = try ContextExplainer(version: number, files: files, read: read)
            for file in context.stamped.values.flatMap(\.files) where !quoted.contains(file) { quoted.append(file) }
            explainer = context
        case ExecutionQualityProjection.name:
            explainer = ExecutionQualityExplainer(rules: try ExecutionQualityRules(version: number, read: read))
        case AlignmentProjection.name:
            explainer = AlignmentExplainer(rules: try AlignmentRules(version: number, read: read))
        case OutcomesProjection.name:
            explainer = OutcomesExplainer(rules: try OutcomesRules(version: number, read: read))
        case SyncStateProjection.name:
            explainer = SyncStateExplainer(cursor: SyncStateProjection.CursorSource(codeVersion: identity.codeVersion))
        default: return nil
        }
        var sources: [ByteKey: RuleSource] = [:]
        for file in quoted { sources[ByteKey(file.path)] = try RuleSource(file, read: read) }
        self.sources = sources
    }

    /// The view's columns, each of which can be explained.
    public var fields: [String] { columns }

    /// The events that an explanation of a row reads.
    public func needs(_ published: JSONDocument) -> ExplanationNeeds {
        type(of: explainer).needs(RowMembers(root: published.root))
    }

    /// For a row of `context` whose asked column follows from its market's past: which market, and up to which position
    /// the stamp could see; nil otherwise.
    public func observations(_ published: JSONDocument, field: String?) -> (market: String, upTo: Int64)? {
        guard explainer is ContextExplainer, field.map({ ContextFigures.ofThePast.contains($0) }) ?? true,
            let market = published.root["market_proxy"]?.string,
            let position = published.root["observed_through_position"]?.integer
        else { return nil }
        return (market, position)
    }

    /// Explains one column of a row, or the whole row where `field` is nil.
    public func explain(_ row: ExplainedRow, field: String?) throws(ExplanationError) -> Explanation {
        guard let field else { return try explain(row) }
        guard columns.contains(where: { $0.isBytewiseEqual(to: field) }) else {
            throw .unknownField(field, view: view, known: columns)
        }
        let sheet = try worksheet(row, field)
        let value = sheet.published(field) ?? .null
        let mismatch = mismatch(sheet, field)
        return Explanation(
            view: view, key: row.key, field: field, value: value, inputs: sheet.inputs, rules: sheet.rules,
            steps: sheet.steps, notes: sheet.notes, mismatches: mismatch.map { [$0] } ?? [])
    }

    private func worksheet(_ row: ExplainedRow, _ field: String) throws(ExplanationError) -> Worksheet {
        var sheet = Worksheet(row, sources)
        try explainer.explain(field, &sheet)
        return sheet
    }

    private func mismatch(_ sheet: Worksheet, _ field: String) -> Explanation.Mismatch? {
        let published = sheet.published(field) ?? .null
        let computed = sheet.steps.last?.result ?? .null
        return published == computed
            ? nil : Explanation.Mismatch(field: field, published: published, computed: computed)
    }

    /// Every column with its last step, over all inputs and rules.
    private func explain(_ row: ExplainedRow) throws(ExplanationError) -> Explanation {
        var all = Worksheet(row, sources)
        var mismatches: [Explanation.Mismatch] = []
        for column in columns {
            let sheet = try worksheet(row, column)
            all.take(sheet, column: column)
            if let mismatch = mismatch(sheet, column) { mismatches.append(mismatch) }
        }
        return Explanation(
            view: view, key: row.key, field: nil, value: Shown(row.published.root), inputs: all.inputs, rules: all.rules,
            steps: all.steps, notes: all.notes, mismatches: mismatches)
    }
}
