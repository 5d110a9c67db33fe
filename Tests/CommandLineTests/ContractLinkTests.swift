import Foundation
import Operations
import OptionTrades
import TestSupport
import Testing

/// Comments cite the documents of the contract by their headings.
@Suite struct ContractLinkTests {
    private static let folder = "\(projectRoot)/docs/contract"

    /// The Swift files below some folders of the project.
    private func files(_ folders: String...) throws -> [(path: String, text: String)] {
        var found: [(path: String, text: String)] = []
        for folder in folders {
            let root = "\(projectRoot)/\(folder)"
            for file in try #require(FileManager.default.enumerator(atPath: root)) {
                guard let path = file as? String, path.hasSuffix(".swift") else { continue }
                found.append(("\(folder)/\(path)", try String(contentsOfFile: "\(root)/\(path)", encoding: .utf8)))
            }
        }
        return found
    }

    /// The names of the documents, without `.md`.
    private func documents() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: Self.folder).filter { $0.hasSuffix(".md") }.map { String($0.dropLast(3)) }
    }

    private func text(of document: String) throws -> String {
        try String(contentsOfFile: "\(Self.folder)/\(document).md", encoding: .utf8)
    }

    /// The headings of each document, by its name.
    private func headings() throws -> [String: Set<String>] {
        var headings: [String: Set<String>] = [:]
        for document in try documents() {
            for line in try text(of: document).split(separator: "\n") where line.hasPrefix("#") {
                headings[document, default: []].insert(String(line.drop { $0 == "#" }.dropFirst()))
            }
        }
        return headings
    }

    @Test func `every heading of the contract that a comment cites is there`() throws {
        let headings = try headings()
        var count = 0
        for (path, text) in try files("Sources", "Tests") {
            for match in text.matches(of: #/docs/contract/([a-z\-]+)\.md, "([^"\n]+)"/#) {
                let (document, heading) = ("\(match.1)", "\(match.2)")
                count += 1
                #expect(headings[document]?.contains(heading) == true, "\(path) cites \(document).md, \(heading)")
            }
        }
        #expect(count > 50)
    }

    @Test func `every heading that the contract itself cites is there, and its list of documents is whole`() throws {
        let headings = try headings()
        let list = try text(of: "README")
        for document in try documents() {
            if document != "README" { #expect(list.contains("[\(document).md](\(document).md)"), "\(document)") }
            let text = try text(of: document).replacing("\n", with: " ")
            for match in text.matches(of: #/\]\(([a-z\-]+)\.md\), +"([^"]+)"/#) {
                let (cited, heading) = ("\(match.1)", "\(match.2)")
                #expect(headings[cited]?.contains(heading) == true, "\(document).md cites \(cited).md, \(heading)")
            }
        }
    }

    @Test func `the contract names every event type, view, address, analysis and setting`() throws {
        let contract = try documents().map { try text(of: $0) }.joined()
        let names =
            TradeEvents.typeNames + View.all.flatMap { [$0.name, $0.projection, "\($0.path)"] }
            + MarketAnalysis.all.flatMap { [$0.name, "\($0.path)"] } + Settings.names.sorted()
        for name in names { #expect(contract.contains("`\(name)`") || contract.contains("`GET \(name)`"), "\(name)") }
    }

    @Test func `no comment cites a document that is not in the project`() throws {
        for (path, text) in try files("Sources", "Tests", "Benchmarks") {
            #expect(text.firstMatch(of: #/\bspec [0-9]/#) == nil, "\(path)")
        }
    }
}
