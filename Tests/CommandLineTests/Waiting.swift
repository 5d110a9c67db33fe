import Foundation
import LedgerProjections
import LedgerStore
import TestSupport
import Testing

/// Waits for as long as the test may take.
func until(
    _ what: String, sourceLocation: SourceLocation = #_sourceLocation, _ condition: () async throws -> Bool
) async throws {
    do {
        while try await !condition() { try await Task.sleep(for: .milliseconds(50)) }
    } catch is CancellationError {
        Issue.record("never: \(what)", sourceLocation: sourceLocation)
        throw CancellationError()
    }
}

/// Who holds the leases of a ledger's projection versions; `nobody` is among them for one that is free.
func owners(_ ledger: LedgerDatabase) async throws -> Set<String> {
    Set(try await ledger.pool.run { try ProjectionCatalog().versions($0) }.map { $0.leaseOwner ?? "nobody" })
}

/// Whether one process alone holds every lease.
func holdsAll(_ process: Process, _ ledger: LedgerDatabase) async throws -> Bool {
    let owners = try await owners(ledger)
    return !owners.isEmpty && owners.allSatisfy { $0.hasPrefix("\(process.processIdentifier)-") }
}

/// A line a table: its rows, history and facts included, as one digest; and a line a version.
func storedContents(_ ledger: LedgerDatabase) async throws -> [String] {
    try await ledger.pool.run { session in
        var lines: [String] = []
        for version in try ProjectionCatalog().versions(session) {
            let definition = try #require(ledger.registry.definition(of: version))
            let name = "\(version.name) \(version.reference)"
            lines.append("\(name) \(version.position) \(version.state) \(version.rebuild == nil)")
            for suffix in definition.rowsAreFacts ? [""] : ["", "_facts"] {
                let found = try session.execute(
                    """
                    SELECT count(*) || ' ' || md5(coalesce(string_agg(t::text, E'\\n' ORDER BY t::text COLLATE "C"), ''))
                    FROM projection."\(version.tableName)\(suffix)" t
                    """)
                lines.append("\(name)\(suffix) \(try found[0].text(0))")
            }
        }
        return lines
    }
}
