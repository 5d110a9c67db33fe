import LedgerPostgres
package import LedgerProjections
import LedgerStore

/// The reason why a projection's served version ends before an event of the log, as one sentence.
package enum ViewShortfall: Sendable, CustomStringConvertible {
    /// The version stopped at an event that it cannot fold.
    case stopped(version: String, PoisonEvent)
    /// This program lacks the version's code.
    case frozen(version: String, position: Int64, head: Int64)
    /// Another process holds the version and has not folded that far.
    case behind(version: String, position: Int64, head: Int64)

    /// Whether the version goes on, and will reach the event.
    var isBehind: Bool { if case .behind = self { true } else { false } }

    package var description: String {
        switch self {
        case .stopped(let version, let poison):
            "projection \(version) stopped before event \(poison.position), which it can't fold: \(poison.problem)"
        case .frozen(let version, let position, let head):
            "projection \(version) ends at position \(position) of \(head): this program lacks its code"
        case .behind(let version, let position, let head):
            "projection \(version) has folded up to position \(position), not yet to \(head)"
        }
    }
}

extension Ledger {
    /// The reason why the served version ends before a position. Nil if it has reached the position.
    package func shortfall(of projection: String, before position: Int64) async throws -> ViewShortfall? {
        try await pool.run { [catalog] session in try catalog.served(projection, session) }
            .flatMap { shortfall(of: $0, before: position) }
    }

    /// The reason why a version ends before a position. Nil if it has reached the position.
    func shortfall(of version: ProjectionVersion, before position: Int64) -> ViewShortfall? {
        if version.position >= position { return nil }
        if let poison = version.poison { return .stopped(version: version.label, poison) }
        return registry.definition(of: version) == nil
            ? .frozen(version: version.label, position: version.position, head: position)
            : .behind(version: version.label, position: version.position, head: position)
    }
}
