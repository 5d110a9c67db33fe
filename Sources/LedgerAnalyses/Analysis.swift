public import LedgerExplanations
public import LedgerJSON
public import LedgerProjections
public import LedgerValues

/// A declared, versioned, pure function of projected rows, as of a position and a moment, to one JSON document.
///
/// It has no projection of its own, no clock and no I/O. It says which rows it needs; whoever asks reads only those, and none later
/// than the reader's now. So the same question at the same position and now, under the same rules and code, has the same document
/// for ever.
public protocol Analysis: Sendable {
    /// What a reader asks, as the analysis read it from the parameters.
    associatedtype Question: Sendable

    /// The parameters that a reader gives, in the order in which an explanation's key names them; each is needed.
    static var parameters: [AnalysisParameter] { get }

    var identity: AnalysisIdentity { get }

    /// Reads the parameters.
    func question(_ values: ParameterValues) throws(ParameterProblem) -> Question

    /// The rows that the document follows from. Only those not later than `now` may be asked for.
    func inputs(of question: Question, now: Instant) -> [RowRange]

    /// Writes the document: a canonical JSON object in which decimals are numbers.
    func write(_ reading: AnalysisReading<Question>, to out: inout JSONWriter)

    /// The positions of the events that an explanation of a figure reads.
    func evidence(of figure: FieldPath, _ reading: AnalysisReading<Question>) -> [Int64]

    /// Works a figure out anew; the last step's result is what should stand in the document.
    func explain(
        _ figure: FieldPath, _ reading: AnalysisReading<Question>, _ sheet: inout Worksheet
    ) throws(ExplanationError)

    /// Both for many figures of one reading; an analysis whose figures follow from common work does that once here.
    func explainer(of reading: AnalysisReading<Question>) -> ReadingExplainer
}

extension Analysis {
    public func explainer(of reading: AnalysisReading<Question>) -> ReadingExplainer {
        ReadingExplainer(
            evidence: { evidence(of: $0, reading) },
            explain: { (figure, sheet) throws(ExplanationError) in try explain(figure, reading, &sheet) })
    }
}

/// What explains the figures of one document.
public struct ReadingExplainer: Sendable {
    /// The positions of the events that an explanation of a figure reads.
    public let evidence: @Sendable (_ figure: FieldPath) -> [Int64]
    /// Works a figure out anew; the last step's result is what should stand in the document.
    public let explain: @Sendable (_ figure: FieldPath, _ sheet: inout Worksheet) throws(ExplanationError) -> Void

    public init(
        evidence: @escaping @Sendable (_ figure: FieldPath) -> [Int64],
        explain: @escaping @Sendable (_ figure: FieldPath, _ sheet: inout Worksheet) throws(ExplanationError) -> Void
    ) {
        self.evidence = evidence
        self.explain = explain
    }
}

/// What was read for a question.
public struct AnalysisReading<Question: Sendable>: Sendable {
    public let question: Question
    /// The reader's now.
    public let now: Instant
    /// For each of the analysis's inputs its rows in order of time, none later than now; of rows that are only counted the documents
    /// of `RowCounts` in their place.
    public let rows: [[JSONDocument]]
}
