import LedgerEvents
import LedgerJSON
public import LedgerProjections
public import LedgerRules
public import LedgerValues

/// An explanation in the making.
public struct Worksheet {
    public let row: ExplainedRow
    private let sources: [ByteKey: RuleSource]
    private(set) var inputs: [Explanation.Input] = []
    private var listed: Set<Explanation.Input> = []
    private(set) var rules: [Explanation.Rule] = []
    private(set) var steps: [Explanation.Step] = []
    private(set) var notes: [String] = []

    /// Makes an empty worksheet for a row.
    ///
    /// - Parameters:
    ///   - row: the row to explain, with its events.
    ///   - sources: the texts of the rule files by their path.
    public init(_ row: ExplainedRow, _ sources: [ByteKey: RuleSource]) {
        self.row = row
        self.sources = sources
    }

    /// The row's published value in a column, or nil if the row lacks the column.
    public func published(_ field: String) -> Shown? { row.published.root[field].map { Shown($0) } }

    // MARK: - Inputs

    /// Adds a value of an event to the inputs, once, however often it is used.
    public mutating func input(_ name: String, _ value: Shown, _ event: DecodedEvent?) {
        let input = Explanation.Input(name: name, value: value, source: event.map { Explanation.Source($0.record) })
        if listed.insert(input).inserted { inputs.append(input) }
    }

    /// Adds the line of a rule file for a key's path, as the installed file has it.
    public mutating func rule(_ file: RuleFile, _ path: String...) { rule(file, path: path) }

    /// Adds the line of a rule file for a key's path, as the installed file has it; a path without a line adds nothing.
    public mutating func rule(_ file: RuleFile, path: [String]) {
        guard let quote = sources[ByteKey(file.path)]?.quote(path) else { return }
        let rule = Explanation.Rule(
            file: file.path, version: file.version, line: quote.line, key: path.joined(separator: "."), text: quote.text)
        if !rules.contains(rule) { rules.append(rule) }
    }

    // MARK: - Steps

    /// Adds a step with its formula and its result.
    public mutating func step(_ text: String, _ formula: String, _ result: Shown) {
        steps.append(Explanation.Step(text: text, formula: formula, result: result))
    }

    /// Adds a note, once.
    public mutating func note(_ text: String) {
        if !notes.contains(where: { $0.isBytewiseEqual(to: text) }) { notes.append(text) }
    }

    /// Adds the step that rounds a figure once, as it is published.
    public mutating func round(_ formula: String, _ exact: ExactNumber, digits: Int = 10) {
        step("rounded half to even to \(digits) digits", formula, Shown(exact.rounded(fractionDigits: digits)))
    }

    /// Adds a step whose result is null, and the reason as a note.
    public mutating func null(_ formula: String, because reason: String) {
        step("null", formula, .null)
        note(reason)
    }

    /// Adds a step whose result is null because some of its inputs are missing.
    public mutating func null(_ formula: String, missing names: [String]) {
        null(formula, because: "missing: \(names.joined(separator: ", "))")
    }

    /// Adds a value that an event holds, unchanged.
    public mutating func copy(_ name: String, _ value: Shown, _ event: DecodedEvent?) {
        input(name, value, event)
        step("as the event gives it", name, value)
    }

    /// Takes over a column's inputs and rules, its last step, and its notes under the column's name.
    public mutating func take(_ other: Worksheet, column: String) {
        for input in other.inputs where listed.insert(input).inserted { inputs.append(input) }
        for rule in other.rules where !rules.contains(rule) { rules.append(rule) }
        if let last = other.steps.last { step(column, last.formula, last.result) }
        for text in other.notes { note("\(column): \(text)") }
    }
}

/// The names of missing inputs, in the given order.
public func missing(_ inputs: KeyValuePairs<String, Bool>) -> [String] { inputs.filter(\.value).map(\.key) }
