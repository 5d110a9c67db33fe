import Foundation
import TestSupport
import Testing

/// Who imports whom, read from the sources.
@Suite struct ModuleGraphTests {
    private static let engine = [
        "LedgerValues", "LedgerJSON", "LedgerMerkle", "LedgerNotes", "LedgerWitness", "LedgerEvents", "LedgerRules", "LedgerProjections",
        "LedgerExplanations", "LedgerAnalyses", "LedgerBundle", "LedgerPostgres", "LedgerStore", "EventLedger",
    ]
    private static let domain = ["OptionTrades", "MarketData"]
    private static let store = ["LedgerPostgres", "LedgerStore"]
    /// What may reach a server, a file or a socket.
    private static let outside = [
        "BlockingThreads", "LedgerPostgres", "LedgerStore", "EmbeddedPostgres", "Curl", "AlphaFeed", "Amberdata", "SampleScope",
        "Operations", "API",
        "Hummingbird", "Logging", "Foundation",
    ]

    private func modules() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "\(projectRoot)/Sources").sorted()
    }

    /// A module's Swift files.
    private func files(of module: String) throws -> [(path: String, text: String)] {
        let root = "\(projectRoot)/Sources/\(module)"
        return try #require(FileManager.default.enumerator(atPath: root)).compactMap { file in
            guard let path = file as? String, path.hasSuffix(".swift") else { return nil }
            return ("\(module)/\(path)", try String(contentsOfFile: "\(root)/\(path)", encoding: .utf8))
        }
    }

    /// The modules that a module's files import.
    private func imports(of module: String) throws -> Set<String> {
        var found: Set<String> = []
        // The steps of a tutorial are code of the example.
        for (path, text) in try files(of: module) where !path.contains(".docc/") {
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
        for module in try modules() {
            #expect(try !imports(of: module).contains("alpha_ledger"), "\(module)")
        }
    }

    @Test func `The HTTP interface knows no database`() throws {
        let found = try imports(of: "API")
        #expect(!found.isEmpty && found.isDisjoint(with: Self.store), "\(found.sorted())")
    }

    /// The words that begin a statement on rows.
    private func statements(in module: String) throws -> [(path: String, word: String)] {
        try files(of: module).flatMap { path, text in
            text.matches(of: #/\b(SELECT|INSERT|UPDATE|DELETE|COPY)\s/#).map { (path, "\($0.1)") }
        }
    }

    @Test func `Only the store has SQL`() throws {
        for module in try modules() where !Self.store.contains(module) {
            let found = try statements(in: module)
            #expect(found.isEmpty, "\(found)")
        }
        // The same search finds the store's own.
        #expect(try Set(statements(in: "LedgerStore").map(\.word)) == ["SELECT", "INSERT", "UPDATE", "DELETE", "COPY"])
    }

    @Test(arguments: engine)
    func `The engine has no word of trades`(module: String) throws {
        for (path, text) in try files(of: module) {
            let text = text.lowercased()
            for word in ["trade", "amberdata", "portfolio", "horizon", "alphaexecution", "alpha-ledger", "alpha_ledger"] {
                #expect(!text.contains(word), "\(path) says \(word)")
            }
        }
    }

    @Test func `The migrations have no program's name`() throws {
        let folder = projectRoot + "/schema/migrations"
        let files = try FileManager.default.contentsOfDirectory(atPath: folder)
        #expect(!files.isEmpty)
        for file in files {
            #expect(try !#require(projectText("schema/migrations/\(file)")).lowercased().contains("alpha"), "\(file)")
        }
    }
}
