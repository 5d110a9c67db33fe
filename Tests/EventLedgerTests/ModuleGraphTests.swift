import Foundation
import TestSupport
import Testing

/// Who imports whom, read from the sources.
@Suite struct ModuleGraphTests {
    private static let engine = [
        "Values", "JSON", "MerkleLog", "SignedNotes", "Events", "Rules", "Projections", "Explanations", "Analyses", "AuditBundle",
        "Postgres",
        "PostgresStore", "EventLedger",
    ]
    private static let domain = ["OptionTrades", "MarketData"]
    /// What may reach a server, a file or a socket.
    private static let outside = [
        "Postgres", "PostgresStore", "EmbeddedPostgres", "Curl", "AlphaFeed", "Amberdata", "SampleScope", "Operations", "API",
        "Hummingbird", "Logging", "Foundation",
    ]

    /// The modules that a module's files import.
    private func imports(of module: String) throws -> Set<String> {
        let root = "\(projectRoot)/Sources/\(module)"
        var found: Set<String> = []
        for file in try #require(FileManager.default.enumerator(atPath: root)) {
            // The steps of a tutorial are code of the example.
            guard let path = file as? String, path.hasSuffix(".swift"), !path.contains(".docc/") else { continue }
            let text = try String(contentsOfFile: "\(root)/\(path)", encoding: .utf8)
            for match in text.matches(of: #/(?m)^(?:@\w+ )?(?:public |package |internal )?import (\w+)$/#) { found.insert("\(match.1)") }
        }
        return found
    }

    @Test(arguments: engine) func `The engine never imports a domain or a program`(module: String) throws {
        let others = Self.domain + ["AlphaFeed", "Amberdata", "SampleScope", "Operations", "Console", "API"]
        let found = try imports(of: module)
        #expect(!found.isEmpty && found.isDisjoint(with: others), "\(found.sorted())")
    }

    @Test(arguments: domain) func `The domain has no I/O`(module: String) throws {
        let found = try imports(of: module)
        #expect(!found.isEmpty && found.isDisjoint(with: Self.outside), "\(found.sorted())")
    }

    @Test func `Nobody imports the command line`() throws {
        for module in try FileManager.default.contentsOfDirectory(atPath: "\(projectRoot)/Sources") {
            #expect(try !imports(of: module).contains("alpha_ledger"), "\(module)")
        }
    }

    @Test(arguments: ["Events", "Rules", "Projections", "Explanations", "Analyses", "EventLedger", "JSON", "MerkleLog"])
    func `The engine has no word of trades`(module: String) throws {
        let root = "\(projectRoot)/Sources/\(module)"
        for file in try #require(FileManager.default.enumerator(atPath: root)) {
            guard let path = file as? String, path.hasSuffix(".swift") else { continue }
            let text = try String(contentsOfFile: "\(root)/\(path)", encoding: .utf8).lowercased()
            for word in ["trade", "amberdata", "portfolio", "horizon", "alphaexecution"] {
                #expect(!text.contains(word), "\(module)/\(path) says \(word)")
            }
        }
    }
}
