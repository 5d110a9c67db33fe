import LedgerExplanations
import LedgerJSON
package import LedgerValues
package import OptionTrades

/// The figure to explain, and the moment.
package struct ExplainRequest: Sendable {
    package let view: View
    /// The parts of the row's primary key.
    package let key: [String]
    /// A column. Nil for the whole row.
    package var field: String?
    /// Explains the ledger's knowledge after this event. Nil means the projection's checkpoint.
    package var asOfPosition: Int64?
    /// Explains the ledger's knowledge at this instant.
    package var asOf: Instant?
    /// Explains only facts with a valid time up to this instant.
    package var effectiveAt: Instant?
    /// The rules and code. A version other than the served one is identified by both.
    package var rules = RulesChoice.served
    /// The largest number of events that an explanation may read. A request that needs more is refused.
    package var maximumEvents = 5_000

    /// - Parameters:
    ///   - view: the view's name on the command line (`execution-quality`) or its projection's (`execution_quality`)
    ///   - key: the row's key; without a source it means that of synced trades
    package init(view name: String, key: [String], field: String? = nil) throws(ExplainError) {
        guard let view = View.named(name) else {
            throw .badParameter(
                name: "view", expected: View.expected(insteadOf: name))
        }
        self.view = view
        self.key = key
        self.field = field
    }

    /// Reads a key in its HTTP form: parts separated by `|`, with `%` as `%25` and `|` as `%7C` inside each part.
    package static func key(parsing text: String) throws(ExplainError) -> [String] {
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

/// The reason why a figure is not explained, or the events behind it not walked along, with a stable code.
package enum ExplainError: Error, Equatable, Sendable, CustomStringConvertible {
    case badParameter(name: String, expected: String)
    /// The view has no row with that key at the position.
    case noRow(view: String, key: [String], position: Int64)
    /// This program lacks the code or the rules that made the row.
    case notInstalled(String)
    /// The row depends on more events than may be read. The command reads them all.
    case tooLarge(events: Int, maximum: Int, offline: String = "alpha-ledger audit explain")
    /// The log does not hold the events that the row names.
    case inconsistent(String)

    package var description: String {
        switch self {
        case .badParameter(let name, let expected): "\(name): expected \(expected)"
        case .noRow(let view, let key, let position):
            "\(view) has no row \(key.joined(separator: "|")) as of position \(position)"
        case .notInstalled(let problem): problem
        case .tooLarge(let events, let maximum, let command):
            "\(events) or more events stand behind the row, and at most \(maximum) are read here; offline: \(command)"
        case .inconsistent(let problem): "\(problem); `alpha-ledger audit verify` says more"
        }
    }
}
