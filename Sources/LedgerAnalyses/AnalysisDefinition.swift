public import LedgerJSON
public import LedgerProjections
import LedgerRules
public import LedgerValues

/// One version of an analysis, ready to be asked.
public struct AnalysisDefinition: Sendable {
    public let identity: AnalysisIdentity
    private let read: @Sendable (ParameterValues) throws(ParameterProblem) -> AskedAnalysis

    init<A: Analysis>(_ analysis: A) {
        identity = analysis.identity
        read = { values throws(ParameterProblem) in
            let question = try analysis.question(values)
            @Sendable func reading(_ rows: [[JSONDocument]], _ now: Instant) -> AnalysisReading<A.Question> {
                AnalysisReading(question: question, now: now, rows: rows)
            }
            return AskedAnalysis(
                inputs: { analysis.inputs(of: question, now: $0) },
                document: { rows, now in
                    JSONWriter.bytes(reservingCapacity: 4096) { analysis.write(reading(rows, now), to: &$0) }
                },
                explainer: { rows, now in analysis.explainer(of: reading(rows, now)) })
        }
    }

    init(answeredElsewhere identity: AnalysisIdentity) {
        self.identity = identity
        read = { _ throws(ParameterProblem) in throw ParameterProblem(Self.elsewhere) }
    }

    private static let elsewhere = AnalysisParameter("analysis", expected: "an analysis that has a document here")

    /// The analysis with what a reader asks of it.
    public func asked(_ values: ParameterValues) throws(ParameterProblem) -> AskedAnalysis { try read(values) }
}

/// An analysis with a reader's question.
public struct AskedAnalysis: Sendable {
    /// The rows that the document follows from, for a reader at a moment.
    public let inputs: @Sendable (_ now: Instant) -> [RowRange]
    /// The document, canonical JSON, from the rows of the inputs in order of time.
    public let document: @Sendable (_ rows: [[JSONDocument]], _ now: Instant) -> [UInt8]
    /// What explains the document's figures.
    public let explainer: @Sendable (_ rows: [[JSONDocument]], _ now: Instant) -> ReadingExplainer
}
