public import Events
public import Values

/// Why a published figure, or a whole row, is what it is: the values that it was made from with the events that hold
/// them, the rule lines that were applied, and the arithmetic that ends in it.
///
/// The arithmetic is worked out anew from the events. Where it does not end in what was published, ``mismatches`` says
/// so: an explanation is never merely plausible.
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
        /// As the event's payload names it, `quote.bid`; of one thing among several with its id before it.
        public let name: String
        /// `null` where the event has none.
        public let value: Shown
        /// Nil for what no event holds: the reader's now, or an event that is not there.
        public let source: Source?

        /// The name may hold an id, which is compared by its bytes.
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
        /// Below `projections/`, for example `alignment/rules.v1.yaml`.
        public let file: String
        public let version: Int
        /// From 1.
        public let line: Int
        /// The key's path, for example `signals.vrp.center`.
        public let key: String
        /// The line as the installed file has it.
        public let text: String
    }

    /// One step of the arithmetic.
    public struct Step: Sendable, Equatable {
        /// What is worked out.
        public let text: String
        /// With its numbers in their places.
        public let formula: String
        public let result: Shown
    }

    /// A figure whose arithmetic ends elsewhere than in what was published.
    public struct Mismatch: Sendable, Equatable {
        public let field: String
        public let published: Shown
        public let computed: Shown
    }

    /// The projection, for example `execution_quality`.
    public let view: String
    /// The parts of the row's key.
    public let key: [String]
    /// Nil for the whole row.
    public let field: String?
    /// What was published; a row's columns as one object.
    public let value: Shown
    public let inputs: [Input]
    public let rules: [Rule]
    /// The last one's result is the published figure; of a row each is the last one of a column.
    public let steps: [Step]
    /// What a reader must know besides: why a figure is null, or what could not be recomputed.
    public let notes: [String]
    /// Empty where everything ends in what was published.
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
