import Explanations
import JSON
public import OptionTrades
public import Values

/// Which figure is to be explained, and as of when.
public struct ExplainRequest: Sendable {
    public let view: View
    /// The parts of the row's primary key.
    public let key: [String]
    /// A column; nil for the whole row.
    public var field: String?
    /// What the ledger knew after this event; nil for the projection's checkpoint.
    public var asOfPosition: Int64?
    /// What it knew at this instant.
    public var asOf: Instant?
    /// Only what had happened in the world by then.
    public var effectiveAt: Instant?
    /// Under which rules and code; a version other than the served one is known by both.
    var rules = RulesChoice.served
    /// How many events an explanation may read; past it the question is refused.
    public var maximumEvents = 5_000

    /// - Parameters:
    ///   - view: its name on the command line (`execution-quality`) or its projection's (`execution_quality`).
    ///   - key: without the source it is that of the synced trades.
    public init(view name: String, key: [String], field: String? = nil) throws(ExplainError) {
        guard let view = View.named(name) else {
            throw .badParameter(
                name: "view", expected: View.expected(insteadOf: name))
        }
        self.view = view
        self.key = key
        self.field = field
    }

    /// Reads a key as HTTP has it: parts with `|` between them, in each part `%` as `%25` and `|` as `%7C`.
    public static func key(parsing text: String) throws(ExplainError) -> [String] {
        var parts: [String] = []
        for part in text.split(separator: "|", omittingEmptySubsequences: false) {
            var bytes: [UInt8] = []
            var rest = Array(part.utf8)[...]
            while let byte = rest.popFirst() {
                guard byte == UInt8(ascii: "%") else {
                    bytes.append(byte)
                    continue
                }
                switch String(decoding: rest.prefix(2), as: UTF8.self) {
                case "25": bytes.append(UInt8(ascii: "%"))
                case "7C", "7c": bytes.append(UInt8(ascii: "|"))
                default:
                    throw .badParameter(name: "key", expected: "`%25` for `%` and `%7C` for `|` inside a part of the key")
                }
                rest = rest.dropFirst(2)
            }
            parts.append(String(decoding: bytes, as: UTF8.self))
        }
        return parts
    }
}

/// Why a figure is not explained, with a stable code.
public enum ExplainError: Error, Equatable, Sendable, CustomStringConvertible {
    case badParameter(name: String, expected: String)
    /// The view has no row of that key as of the position.
    case noRow(view: String, key: [String], position: Int64)
    /// This program lacks the code or the rules that made the row.
    case notInstalled(String)
    /// More events stand behind the row than may be read.
    case tooLarge(events: Int, maximum: Int)
    /// The log does not hold what the row names.
    case inconsistent(String)

    public var description: String {
        switch self {
        case .badParameter(let name, let expected): "\(name): expected \(expected)"
        case .noRow(let view, let key, let position):
            "\(view) has no row \(key.joined(separator: "|")) as of position \(position)"
        case .notInstalled(let problem): problem
        case .tooLarge(let events, let maximum):
            "\(events) or more events stand behind the row, and at most \(maximum) are read here; offline: alpha-ledger audit explain"
        case .inconsistent(let problem): "\(problem); `alpha-ledger audit verify` says more"
        }
    }
}
