import LedgerJSON
import LedgerProjections
import LedgerStore
import Operations
import Testing

@Suite struct RebuildOperationTests {
    @Test func `a rebuild gives the digests of what was folded live`() async throws {
        try await withSync { bench in
            try await bench.sync()
            let ledger = bench.ledger
            let all = try ledger.registry.names.map { name in
                (name: name, version: try #require(ledger.registry.firstDefinition(name)).identity.reference)
            }
            var live: [String: String] = [:]
            for name in ledger.registry.names { live[name] = try await bench.digest(name) }
            let summary = try await ledger.rebuild(all, workers: 3)
            #expect(summary.versions.map(\.name) == ledger.registry.names)
            for version in summary.versions { #expect(version.digest == live[version.name]) }
            for name in ledger.registry.names { #expect(try await bench.digest(name) == live[name]) }
            let node = try JSONDocument(parsing: summary.node.httpBytes()).root
            #expect(node["workers"]?.integer == 3)
            #expect(node["versions"]?.elements.compactMap { $0["name"]?.string } == ledger.registry.names)
        }
    }

    @Test(arguments: ["nothing v1", "trades v9", "trades v1/c9"])
    func aVersionWhoseRulesOrCodeThisProgramLacksIsRefused(text: String) async throws {
        try await withSync { bench in
            let parts = text.split(separator: " ").map(String.init)
            let reference = try VersionReference(parsing: parts[1])
            await #expect {
                _ = try await bench.ledger.rebuild([(parts[0], reference)])
            } throws: { error in
                if case LedgerError.versionUnknown = error { true } else { false }
            }
        }
    }
}
