import LedgerAnalyses
import LedgerExplanations
package import LedgerProjections
package import LedgerValues
package import OptionTrades

/// What a reader asks of an analysis.
package struct AnalysisRequest: Sendable {
    package let analysis: MarketAnalysis
    /// The parameters by their names.
    package let values: [String: String]
    /// What the ledger knew after this event; nil for the checkpoint of the projections that are read.
    package var asOfPosition: Int64?
    /// What it knew at this instant.
    package var asOf: Instant?
    /// Under which rules and code; nil for the newest that are installed.
    package var version: VersionReference?
    /// Whether the answer names the log's root, the document's digest and those of the rows that were read.
    package var hasReceipt = false

    package init(_ analysis: MarketAnalysis, _ values: [String: String]) {
        self.analysis = analysis
        self.values = values
    }

    /// Reads `rules=`: `v<N>` or `<analysis>@v<N>`, with `/c<M>` the code version too.
    ///
    /// Analyses are not promoted, so that `as_served` means nothing here.
    package static func version(parsing text: String, of analysis: MarketAnalysis) throws(ViewError) -> VersionReference {
        guard let reference = try? VersionReference(parsing: text, of: analysis.name) else {
            throw .badParameter(name: "rules", expected: "v<N> or \(analysis.name)@v<N>, with the code version v<N>/c<M>")
        }
        return reference
    }

    /// Whether it says all that its answer depends on.
    var isPinned: Bool { asOfPosition != nil && asOf != nil && version?.codeVersion != nil }
    /// Whether it names the position or the moment, so that the reader's now is no other for who asks later.
    var isFixed: Bool { asOfPosition != nil || asOf != nil }

    /// The values in the order of the parameters.
    var key: [String] { analysis.source.parameters.map { values[$0.name] ?? "" } }

    /// What the version and the parameters mean; throws `ViewError` for what this program does not have or can't read.
    func read(_ registry: AnalysisRegistry) throws(ViewError) -> (definition: AnalysisDefinition, asked: AskedAnalysis) {
        let definition = try registry.requiredDefinition(analysis.name, version)
        do {
            return (definition, try definition.asked(ParameterValues(values)))
        } catch {
            throw .badParameter(name: error.name, expected: error.expected)
        }
    }
}

extension AnalysisRegistry {
    /// The version that somebody means; throws `ViewError` for one that this program does not have or can't read.
    func requiredDefinition(_ name: String, _ version: VersionReference?) throws(ViewError) -> AnalysisDefinition {
        if let definition = definition(name, version) { return definition }
        if let problem = problem(of: name, version: version?.version) { throw .rulesUnavailable("\(problem)") }
        let known = known(name)
        if known.isEmpty { throw .rulesUnavailable("no analyses/\(name)/rules.v<N>.yaml is installed") }
        if let version, known.contains(version.version) {
            throw .rulesUnavailable("this program lacks the code of \(name) \(version)")
        }
        throw .badParameter(
            name: "rules", expected: "a version of \(name) that is installed: \(known.joined(separator: ", "))")
    }
}
