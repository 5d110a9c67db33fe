import LedgerExplanations
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
                evidence: { figure, rows, now in analysis.evidence(of: figure, reading(rows, now)) },
                explain: { (figure, rows, now, sheet) throws(ExplanationError) in
                    try analysis.explain(figure, reading(rows, now), &sheet)
                })
        }
    }

    /// The analysis with what a reader asks of it.
    public func asked(_ values: ParameterValues) throws(ParameterProblem) -> AskedAnalysis { try read(values) }
}

/// An analysis with a reader's question.
public struct AskedAnalysis: Sendable {
    /// The rows that the document follows from, for a reader at a moment.
    public let inputs: @Sendable (_ now: Instant) -> [RowRange]
    /// The document, canonical JSON, from the rows of the inputs in order of time.
    public let document: @Sendable (_ rows: [[JSONDocument]], _ now: Instant) -> [UInt8]
    /// The positions of the events that an explanation of a figure reads.
    public let evidence: @Sendable (_ figure: FieldPath, _ rows: [[JSONDocument]], _ now: Instant) -> [Int64]
    let explain: @Sendable (FieldPath, [[JSONDocument]], Instant, inout Worksheet) throws(ExplanationError) -> Void
}
