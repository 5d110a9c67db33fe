public import LedgerJSON
public import LedgerProjections
public import LedgerRules
import LedgerValues

/// Explains the rows of one projection.
public protocol ViewExplainer: Sendable {
    /// The events that an explanation of a row reads.
    static func needs(_ row: RowMembers) -> ExplanationNeeds

    /// Rule files that explanations quote in addition to those of the projection's own version.
    var quotedFiles: [RuleFile] { get }

    /// The events, in addition to those of the row, that a column follows from; nil if there are none. `field` is nil
    /// for the whole row.
    func background(_ row: RowMembers, field: String?) -> ExplanationBackground?

    /// Recomputes a column. The last step's result is the value that should have been published.
    func explain(_ field: String, _ sheet: inout Worksheet) throws(ExplanationError)
}

extension ViewExplainer {
    public var quotedFiles: [RuleFile] { [] }

    public func background(_ row: RowMembers, field: String?) -> ExplanationBackground? { nil }
}

/// How a program makes the explainer of a projection.
public struct ExplainerSource: Sendable {
    /// Makes the explainer of a version.
    public typealias Make =
        @Sendable (
            _ identity: ProjectionIdentity, _ files: [String], _ read: RuleFileReader
        ) throws -> any ViewExplainer

    public let projection: String
    let make: Make

    /// Registers the explainer of a projection.
    ///
    /// - Parameters:
    ///   - projection: the projection's name.
    ///   - make: receives the paths of all files below `projections/`.
    public init(_ projection: String, _ make: @escaping Make) {
        self.projection = projection
        self.make = make
    }
}

/// The members of a published row.
public struct RowMembers: Sendable {
    public let root: JSONValue

    public init(root: JSONValue) { self.root = root }

    /// The text of a member; empty if the member is absent or not a string.
    public func text(_ name: String) -> String { root[name]?.string ?? "" }

    /// The positions in `event_positions`.
    public var eventPositions: [Int64] { root["event_positions"]?.elements.compactMap(\.integer) ?? [] }

    /// A position in `inputs`, or nil if it is absent.
    public func input(_ name: String) -> Int64? { root["inputs"]?[name]?.integer }
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

    /// Makes the explainer of a version.
    ///
    /// - Parameters:
    ///   - sources: the program's explainers.
    ///   - identity: the version that published the rows; its rule files must be installed with the same digests.
    ///   - columns: the view's columns.
    ///   - files: the paths of all files below `projections/`.
    ///   - read: gives the bytes of such a file by its path.
    /// - Returns: nil for a projection without an explainer.
    public init?(
        _ sources: [ExplainerSource], _ identity: ProjectionIdentity, columns: ColumnSet, files: [String], read: RuleFileReader
    ) throws {
        guard let source = sources.first(where: { $0.projection.isBytewiseEqual(to: identity.name) }) else { return nil }
        view = identity.name
        self.columns = columns.columns.map(\.name)
        explainer = try source.make(identity, files, read)
        var quoted: [ByteKey: RuleSource] = [:]
        for file in identity.rules + explainer.quotedFiles where quoted[ByteKey(file.path)] == nil {
            quoted[ByteKey(file.path)] = try RuleSource(file, read: read)
        }
        self.sources = quoted
    }

    /// The view's columns, each of which can be explained.
    public var fields: [String] { columns }

    /// The events that an explanation of a row reads.
    public func needs(_ published: JSONDocument) -> ExplanationNeeds {
        type(of: explainer).needs(RowMembers(root: published.root))
    }

    /// The events, in addition to those of the row, that an explanation follows from; nil if there are none.
    public func background(_ published: JSONDocument, field: String?) -> ExplanationBackground? {
        explainer.background(RowMembers(root: published.root), field: field)
    }

    /// Explains one column of a row, or the whole row if `field` is nil.
    public func explain(_ row: ExplainedRow, field: String?) throws(ExplanationError) -> Explanation {
        guard let field else { return try explain(row) }
        guard columns.contains(where: { $0.isBytewiseEqual(to: field) }) else {
            throw .unknownField(field, view: view, known: columns)
        }
        let sheet = try worksheet(row, field)
        return Explanation(view: view, key: row.key, field: field, published: sheet.published(field) ?? .null, sheet)
    }

    private func worksheet(_ row: ExplainedRow, _ field: String) throws(ExplanationError) -> Worksheet {
        var sheet = Worksheet(row, sources)
        try explainer.explain(field, &sheet)
        return sheet
    }

    private func explain(_ row: ExplainedRow) throws(ExplanationError) -> Explanation {
        var sheets: [(field: String, published: Shown, sheet: Worksheet)] = []
        for column in columns {
            let sheet = try worksheet(row, column)
            sheets.append((column, sheet.published(column) ?? .null, sheet))
        }
        return Explanation(view: view, key: row.key, value: Shown(row.published.root), Worksheet(row, sources), sheets)
    }
}
