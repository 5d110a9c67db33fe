public import LedgerExplanations
public import LedgerJSON
public import LedgerProjections
public import LedgerRules
public import LedgerValues

/// Explains figures of one document, from the rows and the events that it follows from and by the analysis's rules.
///
/// Pure: the same document, rows and events give the same explanation.
public struct AnalysisExplainer: Sendable {
    private let identity: AnalysisIdentity
    private let explainer: ReadingExplainer
    /// The parameters' values.
    private let key: [String]
    private let document: JSONDocument
    private let now: Instant
    private let sources: [ByteKey: RuleSource]

    /// - Parameters:
    ///   - identity: the version of the analysis.
    ///   - asked: the version with the question that was answered.
    ///   - key: the values of the parameters, in their order.
    ///   - document: what was published.
    ///   - rows: the rows that the document follows from, by input.
    ///   - now: the reader's now.
    ///   - read: gives the rule files, with the digests that the identity names.
    public init(
        _ identity: AnalysisIdentity, _ asked: AskedAnalysis, key: [String], document: JSONDocument, rows: [[JSONDocument]],
        now: Instant, read: RuleFileReader
    ) throws {
        self.identity = identity
        explainer = asked.explainer(rows, now)
        self.key = key
        self.document = document
        self.now = now
        sources = Dictionary(uniqueKeysWithValues: try identity.rules.map { (ByteKey($0.path), try RuleSource($0, read: read)) })
    }

    /// The figures at or below a path, all of them if nil; empty if nothing stands there.
    public func figures(_ path: FieldPath?) -> [FieldPath] {
        path.map { $0.figures(in: document.root) } ?? FieldPath.figures(in: document.root)
    }

    /// The positions of the events that an explanation reads, in order.
    public func evidence(_ path: FieldPath?) -> [Int64] {
        Set(figures(path).flatMap { explainer.evidence($0) }).sorted()
    }

    /// Explains the figure at a path, or all that stand below it.
    public func explain(_ path: FieldPath?, events: [DecodedEvent]) throws(ExplanationError) -> Explanation {
        let figures = figures(path)
        guard !figures.isEmpty else {
            throw .unknownField(
                path.map(\.description) ?? "", view: identity.name, known: FieldPath.figures(in: document.root).map(\.description))
        }
        let row = ExplainedRow(key: key, published: document, now: now, events: events)
        var sheets: [(field: String, published: Shown, sheet: Worksheet)] = []
        for figure in figures {
            var sheet = Worksheet(row, sources)
            try explainer.explain(figure, &sheet)
            sheets.append((figure.description, Shown(figure.value(in: document.root)), sheet))
        }
        if sheets.count == 1, let path, let only = sheets.first, path == figures.first {
            return Explanation(view: identity.name, key: key, field: only.field, published: only.published, only.sheet)
        }
        return Explanation(
            view: identity.name, key: key, value: Shown(path.map { $0.value(in: document.root) } ?? document.root),
            Worksheet(row, sources), sheets)
    }
}
