import LedgerRules
import LedgerValues

/// The time after a trade at which its outcome is measured: a number of days of 24 hours, or the contract's expiry.
package struct Horizon: Sendable, Hashable {
    /// Above 0. Nil for the expiry.
    package let days: Int?
    /// `1d`, `30d`, `expiry`: the key of the row and of the mark's stream, derived from the days.
    package let key: String

    /// The contract's expiry.
    package static let expiry = Horizon(orExpiry: nil)

    private init(orExpiry days: Int?) {
        self.days = days
        key = days.map { "\($0)d" } ?? "expiry"
    }

    /// The given number of days after the trade, which must be above 0.
    package init(days: Int) {
        precondition(days > 0, "a horizon lies after the trade")
        self.init(orExpiry: days)
    }

    package static func == (left: Horizon, right: Horizon) -> Bool { left.days == right.days }

    package func hash(into hasher: inout Hasher) { hasher.combine(days) }

    /// Reads `7`, `7d` or `expiry`. A number has one to four digits and does not start with zero. Nil for anything else.
    package init?(parsing text: String) {
        if text.isBytewiseEqual(to: "expiry") {
            self = .expiry
            return
        }
        var days = 0
        var digits = 0
        for byte in text.utf8 {
            if digits > 0, byte == UInt8(ascii: "d"), digits + 1 == text.utf8.count { break }
            guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte, digits < 4 else { return nil }
            days = days * 10 + Int(byte - UInt8(ascii: "0"))
            if days == 0 { return nil }
            digits += 1
        }
        guard digits > 0 else { return nil }
        self.init(orExpiry: days)
    }
}

extension Horizon: Comparable {
    /// Orders by the bytes of the keys, as rows are sorted: `1d`, `30d`, `7d`, `expiry`.
    package static func < (left: Horizon, right: Horizon) -> Bool {
        left.key.isBytewiseLess(than: right.key)
    }
}

extension Horizon: CustomStringConvertible {
    /// The key.
    package var description: String { key }
}

/// The reason why a list of horizons is invalid.
package enum HorizonListError: Error, Equatable, Sendable, CustomStringConvertible {
    /// An entry is neither `expiry` nor a number of days that the rules allow.
    case notAHorizon(String, maximumDays: Int)
    /// The list is empty.
    case empty
    /// The list has more horizons than the rules allow.
    case tooMany(maximum: Int)

    package var description: String {
        switch self {
        case .notAHorizon(let text, let maximum):
            "\"\(text)\" is no horizon: a number of days from 1 to \(maximum), or expiry"
        case .empty: "no horizon is named"
        case .tooMany(let maximum): "at most \(maximum) horizons can be asked for at once"
        }
    }
}

extension Horizon {
    /// Reads `1,7,30,expiry`: horizons separated by commas. Duplicates count once. The result is sorted by key.
    package static func list(parsing text: String, rules: OutcomesRules) throws(HorizonListError)
        -> [Horizon]
    {
        var found: Set<Horizon> = []
        if text.isEmpty { throw .empty }
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let horizon = Horizon(parsing: String(part)),
                horizon.days ?? 1 <= rules.maximumHorizonDays
            else {
                throw .notAHorizon(String(part), maximumDays: rules.maximumHorizonDays)
            }
            found.insert(horizon)
            if found.count > rules.maximumHorizonsPerRequest {
                throw .tooMany(maximum: rules.maximumHorizonsPerRequest)
            }
        }
        return found.sorted()
    }

    /// The horizons that apply if a request names none, sorted by key.
    package static func defaults(_ rules: OutcomesRules) -> [Horizon] {
        rules.defaultHorizonDays.map { $0.map { Horizon(days: $0) } ?? .expiry }.sorted()
    }
}
