public import LedgerEvents
public import LedgerValues

/// Why a published figure, or a whole row, has its value: the values that it was made from with the events that hold
/// them, the rule lines that were applied, and the arithmetic that leads to it.
///
/// The arithmetic is recomputed from the events. If it does not lead to the published value, ``mismatches`` says so: an
/// explanation is never merely plausible.
public struct Explanation: Sendable, Equatable {
    /// The event that holds a value.
    public struct Source: Sendable, Hashable {
        public let position: Int64
        public let eventID: UniqueID
        public let type: String
        public let recordedAt: Instant
        public let effectiveAt: Instant?

        public init(_ record: EventHeader) {
            position = record.position
            eventID = record.eventID
            type = record.type
            recordedAt = record.recordedAt
            effectiveAt = record.effectiveAt
        }
    }

    /// A value that the figure was made from.
    public struct Input: Sendable, Hashable {
        /// The name in the event's payload, such as `payment.amount`, with an id before it if there are several such things.
        public let name: String
        /// The value, or `null` if the event has no value.
        public let value: Shown
        /// The event; nil if no event holds the value, as with the reader's current moment or an absent event.
        public let source: Source?

        /// Whether the inputs are equal. Names may hold an id, so they are compared by their bytes.
        public static func == (left: Input, right: Input) -> Bool {
            left.name.isBytewiseEqual(to: right.name) && left.value == right.value && left.source == right.source
        }

        public func hash(into hasher: inout Hasher) {
            hasher.combine(ByteKey(name))
            hasher.combine(value)
            hasher.combine(source)
        }
    }

    /// A line of a rule file that was applied.
    public struct Rule: Sendable, Equatable {
        /// The path below `projections/`, for example `alignment/rules.v1.yaml`.
        public let file: String
        public let version: Int
        /// The line number, from 1.
        public let line: Int
        /// The path of the key, for example `signals.vrp.center`.
        public let key: String
        /// The text of the line in the installed file.
        public let text: String
    }

    /// One step of the arithmetic.
    public struct Step: Sendable, Equatable {
        /// The purpose of the step, in words.
        public let text: String
        /// The formula with its numbers filled in.
        public let formula: String
        public let result: Shown
    }

    /// A figure whose arithmetic does not lead to the published value.
    public struct Mismatch: Sendable, Equatable {
        public let field: String
        public let published: Shown
        public let computed: Shown
    }

    /// The projection, for example `balances`.
    public let view: String
    /// The parts of the row's key.
    public let key: [String]
    /// The explained column; nil for the whole row.
    public let field: String?
    /// The published value; for a whole row, its columns as one object.
    public let value: Shown
    public let inputs: [Input]
    public let rules: [Rule]
    /// The steps. The last step's result is the published figure; for a whole row, each step is the last step of a
    /// column.
    public let steps: [Step]
    /// What a reader must also know: why a figure is null, or what could not be recomputed.
    public let notes: [String]
    /// The figures that differ from the published ones; empty if everything agrees.
    public let mismatches: [Mismatch]
}

/// A question that can't be answered.
public enum ExplanationError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The view's rows have no such column.
    case unknownField(String, view: String, known: [String])
    /// An event that the row names was not given, or is of another type.
    case missingEvent(view: String, position: Int64?, expected: String)

    public var description: String {
        switch self {
        case .unknownField(let field, let view, let known):
            "field: `\(field)` is no column of \(view); expected one of \(known.joined(separator: ", "))"
        case .missingEvent(let view, let position?, let expected):
            "the row of \(view) names event \(position) as its \(expected), which is not that"
        case .missingEvent(let view, nil, let expected): "there is no \(expected) behind the row of \(view)"
        }
    }
}
