import LedgerAnalyses
import LedgerEvents
import LedgerExplanations
import LedgerJSON
import LedgerProjections
import LedgerValues

/// A value of a document with how each of its figures came about: document and explanation follow from the same work.
indirect enum TracedValue: Sendable {
    case figure(TracedFigure)
    /// Members in any order; they are written in canonical order.
    case object([(key: String, value: TracedValue)])
    case list([TracedValue])

    func write(to out: inout JSONWriter) {
        switch self {
        case .figure(let figure): figure.value.write(to: &out)
        case .object(let members):
            out.beginObject()
            for (key, value) in members.sorted(by: { $0.key.isBytewiseLess(than: $1.key) }) {
                out.key(key)
                value.write(to: &out)
            }
            out.endObject()
        case .list(let elements):
            out.beginArray()
            for element in elements { element.write(to: &out) }
            out.endArray()
        }
    }

    /// The figure at a path below the value; nil if none stands there.
    func figure(at path: some Collection<String>) -> TracedFigure? {
        switch self {
        case .figure(let figure): return path.isEmpty ? figure : nil
        case .object(let members):
            guard let first = path.first else { return nil }
            return members.first { $0.key.isBytewiseEqual(to: first) }?.value.figure(at: path.dropFirst())
        case .list(let elements):
            if elements.isEmpty, path.isEmpty { return TracedFigure(.texts([]), "no row meets the rules") }
            guard let index = path.first.flatMap({ Int($0) }), elements.indices.contains(index) else { return nil }
            return elements[index].figure(at: path.dropFirst())
        }
    }
}

/// A figure: its value, what it follows from, and how.
struct TracedFigure: Sendable {
    let value: FigureValue
    let formula: String
    /// Why the value is null, if it is.
    let reason: String?
    /// The keys of the rule file that were used.
    let rules: [[String]]
    let inputs: @Sendable () -> [TracedInput]
    /// The steps before the last one.
    let steps: @Sendable (inout Worksheet) -> Void

    init(
        _ value: FigureValue, _ formula: String, because reason: String? = nil, rules: [[String]] = [],
        from inputs: @escaping @Sendable () -> [TracedInput] = { [] }, steps: @escaping @Sendable (inout Worksheet) -> Void = { _ in }
    ) {
        self.value = value
        self.formula = formula
        self.reason = reason
        self.rules = rules
        self.inputs = inputs
        self.steps = steps
    }
}

/// What a figure follows from.
enum TracedInput: Sendable {
    /// A column of an observation.
    case observed(ObservedRow, String)
    /// A figure of a document that an analysis of its own explains, or a column of a view's row.
    case known(String, Shown)
    /// A figure of a chain: of an option, or of the chain itself without one.
    case chain(RecordedChain, ChainRow?, String)

    var positions: [Int64] {
        switch self {
        case .observed(let row, _): [row.position]
        case .known: []
        case .chain(let chain, _, _): chain.positions
        }
    }
}

extension TracedValue {
    static func figure(
        _ value: FigureValue, _ formula: String, because reason: String? = nil, rules: [[String]] = [],
        from inputs: @escaping @Sendable () -> [TracedInput] = { [] }, steps: @escaping @Sendable (inout Worksheet) -> Void = { _ in }
    ) -> TracedValue {
        .figure(TracedFigure(value, formula, because: reason, rules: rules, from: inputs, steps: steps))
    }

    /// A column of an observation as it is; null without the observation.
    static func column(_ row: ObservedRow?, _ column: String, because reason: String? = nil) -> TracedValue {
        figure(
            row?.value(column) ?? .null, column, because: reason ?? "\(column) was not observed",
            from: { row.map { [.observed($0, column)] } ?? [] })
    }

    /// Null, since a series is unavailable.
    static func unavailable(_ table: ObservationTable) -> TracedValue { unavailable(table.kind.rawValue) }

    static func unavailable(_ series: String) -> TracedValue {
        figure(.null, series, because: "unavailable:\(series)", rules: [["needs", series]])
    }
}

extension TracedFigure {
    /// How many inputs an explanation lists of each end of a long list.
    private static let listedInputs = 200

    private var listed: (inputs: [TracedInput], leftOut: Int) {
        let all = inputs()
        guard all.count > 2 * Self.listedInputs else { return (all, 0) }
        return (Array(all.prefix(Self.listedInputs) + all.suffix(Self.listedInputs)), all.count - 2 * Self.listedInputs)
    }

    /// The positions of the events of the listed inputs.
    var evidence: [Int64] { Set(listed.inputs.flatMap(\.positions)).sorted() }

    /// Lists the inputs as their events have them, quotes the rules, and shows the steps.
    func explain(_ name: String, of view: String, _ sheet: inout Worksheet, quote: (inout Worksheet, [String]) -> Void)
        throws(ExplanationError)
    {
        let (inputs, leftOut) = listed
        for input in inputs {
            switch input {
            case .known(let name, let value): sheet.input(name, value, nil)
            case .chain(let chain, let option, let column): try sheet.input(of: chain, option, column, view)
            case .observed(let row, let column):
                let event = sheet.row.event(at: row.position)
                guard let event, let observed = event.payload(as: MarketObservedPayload.self),
                    let value = observed.shown(named: column), value == row.shown(column)
                else { throw .missingEvent(view: view, position: row.position, expected: "observation of \(column)") }
                sheet.input("\(observed.kind.rawValue).\(column) \(row.timestamp)", value, event)
            }
        }
        if leftOut > 0 { sheet.note("\(leftOut) more inputs stand between the first and the last \(Self.listedInputs) that are listed") }
        for path in rules { quote(&sheet, path) }
        steps(&sheet)
        if value.isNull { return sheet.null(formula, because: reason ?? "an input is missing") }
        sheet.step(name, formula, value.shown)
    }
}

extension Worksheet {
    /// Lists a figure of a chain as the event of the part has it that holds the option.
    fileprivate mutating func input(
        of chain: RecordedChain, _ option: ChainRow?, _ column: String, _ view: String
    ) throws(ExplanationError) {
        for position in chain.positions {
            guard let event = row.event(at: position), let observed = event.payload(as: MarketObservedPayload.self) else { continue }
            guard let option else {
                return input("option_chain.\(column) \(chain.expiry)", Shown(observed.decimal(named: column)), event)
            }
            guard let rows = observed.rows.flatMap({ ChainRow.all(in: $0.json) }), rows.contains(option) else { continue }
            return input("option_chain.\(column) \(chain.expiry) \(option.name)", Shown(option.figure(column)), event)
        }
        throw .missingEvent(view: view, position: chain.positions.first, expected: "chain with \(column)")
    }
}

extension MarketObservedPayload {
    /// A decimal field by its name.
    fileprivate func decimal(named name: String) -> FixedDecimal? {
        guard let index = kind.fields.firstIndex(where: { $0.name.isBytewiseEqual(to: name) }), case .decimal(let value) = values[index]
        else { return nil }
        return value
    }

    /// A field by its name as a row shows it; nil if the kind has none of that name.
    func shown(named name: String) -> Shown? {
        kind.fields.firstIndex { $0.name.isBytewiseEqual(to: name) }.map { Shown(values[$0]) }
    }
}
