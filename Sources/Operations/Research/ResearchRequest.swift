import LedgerAnalyses
import LedgerProjections
package import LedgerValues
package import OptionTrades

/// What a read of research stands on, as a reader asks for it.
package struct ResearchRequest: Sendable {
    /// What the ledger knew after this event. Nil for the least checkpoint of what is read.
    package var asOfPosition: Int64?
    /// What it knew at this instant.
    package var asOf: Instant?
    /// Whether the answer names the log's root, the document's digest and those of the rows that were read.
    package var hasReceipt = false
    private var others = RulesChoice.served
    /// Of the question's own rules; nil for the newest.
    private var version: VersionReference?
    private var named: [(projection: String, rules: RulesChoice)] = []

    package init() {}

    /// Reads `rules=`: versions such as `iv_surface@v1/c1` or `levels@v2`, at most one of each projection that is read and of the
    /// question's own rules, and `as_served` for the projections that are not named, comma-separated.
    package mutating func setRules(_ text: String, of question: some ResearchQuestion) throws(ViewError) {
        let views = question.views
        for piece in text.split(separator: ",", omittingEmptySubsequences: false).map(String.init) {
            if piece == "as_served", others == .served {
                others = .asServed
                continue
            }
            let name = piece.firstIndex(of: "@").map { String(piece[..<$0]) }
            if let analysis = question.analysis, let name, name.isBytewiseEqual(to: analysis), version == nil {
                guard let reference = try? VersionReference(parsing: piece, of: analysis) else {
                    throw .badParameter(name: "rules", expected: "\(analysis)@v<N>, with the code version v<N>/c<M>")
                }
                version = reference
                continue
            }
            guard let name, let view = views.first(where: { $0.projection.isBytewiseEqual(to: View.projection(named: name)) }),
                !named.contains(where: { $0.projection.isBytewiseEqual(to: view.projection) })
            else {
                let names = [question.analysis].compactMap { $0 } + views.map(\.projection)
                throw .badParameter(
                    name: "rules",
                    expected: "as_served, or versions as in \(names[0])@v1, comma-separated, at most one of each of "
                        + names.joined(separator: ", "))
            }
            named.append((view.projection, try RulesChoice(parsing: piece, projection: view.projection)))
        }
    }

    /// The rules of a view's rows: those that the request names, else those that the question's own rules read, else the served ones.
    func rules(of view: View, in analysis: AnalysisIdentity?) -> RulesChoice {
        if let own = named.first(where: { $0.projection.isBytewiseEqual(to: view.projection) }) { return own.rules }
        let read = analysis?.reads.first { $0.projection.isBytewiseEqual(to: view.projection) }
        return others == .served ? read.map { .version($0.version) } ?? .served : others
    }

    /// Whether it names the position or the moment.
    var isFixed: Bool { asOfPosition != nil || asOf != nil }

    /// Whether the same request gives the same bytes for ever.
    func isPinned(reading views: [View], under analysis: AnalysisIdentity?) -> Bool {
        guard asOfPosition != nil, asOf != nil, analysis == nil || version?.codeVersion != nil else { return false }
        return views.allSatisfy { view in
            if case .version(let version) = rules(of: view, in: analysis) { version.codeVersion != nil } else { false }
        }
    }

    /// The question's own rules in the version that is meant: the newest where none is named. Nil if it has none.
    func analysis(of question: some ResearchQuestion, _ registry: AnalysisRegistry) throws(ViewError) -> AnalysisIdentity? {
        guard let name = question.analysis else { return nil }
        return try registry.requiredDefinition(name, version).identity
    }
}

/// A question of research: a pure document of rows of some projections.
package protocol ResearchQuestion: Sendable {
    /// The name of its artifact and command, for example `iv-surface`.
    var name: String { get }
    /// What is read.
    var views: [View] { get }
    /// The name of its own rules, `analyses/<name>`. Nil if it has none beside those of the projections.
    var analysis: String? { get }
    /// All parameters, in one text.
    var key: String { get }

    /// The document: a canonical JSON object whose decimals are numbers.
    func document(_ rows: ResearchRows) throws -> [UInt8]
}

extension ResearchQuestion {
    package var analysis: String? { nil }
}
