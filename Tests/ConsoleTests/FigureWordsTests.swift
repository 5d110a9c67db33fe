import Foundation
import LedgerJSON
import Markdown
import OptionTrades
import TestSupport
import Testing

@testable import Console

/// Each figure of a document has words in the reference: its formula, its source, its unit, and what it must not be used for.
struct FigureWordsTests {
    /// The documents of research, by their artifacts.
    private static let kinds = ["exposure", "flow", "iv-surface", "levels", "scenarios"]

    /// The names in the first cell of each row of a section's tables.
    private func rows(_ name: String, _ slug: String) throws -> [Set<String>] {
        let document = ReferenceDocument(path: "\(name).md", text: try #require(projectText("docs/\(name).md")))
        let section = try #require(document.sections.first { $0.slug == slug }, "\(name).md has no section \(slug)")
        var found: [Set<String>] = []
        for case .table(let head, let rows) in section.blocks {
            #expect(
                ["figure", "formula", "source", "unit"] == head.prefix(4).map { MarkdownDocument.plain($0) } && head.count == 5,
                "\(name).md, \(slug)")
            for row in rows {
                let text = row.map { MarkdownDocument.plain($0) }
                #expect(text.count == 5 && text.allSatisfy { !$0.isEmpty }, "\(name).md, \(slug): \(text)")
                found.append(names(in: row[0]))
            }
        }
        #expect(!found.isEmpty, "\(name).md, \(slug) has no table")
        return found
    }

    private func names(in cell: [MarkdownDocument.Inline]) -> Set<String> {
        var names: Set<String> = []
        for case .code(let text) in cell {
            names.formUnion(text.split { !$0.isLetter && !$0.isNumber && $0 != "_" }.map(String.init))
        }
        return names
    }

    /// The members of a schema that are no objects and hold none, each with the member that it stands in.
    private func leaves(of schema: JSONValue, _ path: [String], in root: JSONValue, depth: Int = 0) -> Set<[String]> {
        // A definition that refers to itself has no members beyond those of its first turns.
        if depth > 12 { return [] }
        if let reference = schema["$ref"]?.string {
            guard let target = root["$defs"]?[String(reference.split(separator: "/").last ?? "")] else { return [] }
            return leaves(of: target, path, in: root, depth: depth + 1)
        }
        var inside: [(JSONValue, [String])] = (schema["properties"]?.members.map { ($0.value, path + [$0.key]) }) ?? []
        for list in ["oneOf", "anyOf", "allOf"] {
            inside += (schema[list]?.elements.filter { $0["type"]?.string != "null" }.map { ($0, path) }) ?? []
        }
        // Members of a map are named by data, and elements of a list by nothing.
        for member in ["items", "additionalProperties"] {
            if let one = schema[member], one.kind == .object { inside.append((one, path)) }
        }
        if inside.isEmpty { return [Array(path.suffix(2))] }
        return inside.reduce(into: []) { $0.formUnion(leaves(of: $1.0, $1.1, in: root, depth: depth + 1)) }
    }

    /// Every name that a schema gives to a member.
    private func members(of schema: JSONValue) -> Set<String> {
        switch schema.kind {
        case .object:
            schema.members.reduce(into: Set(schema["properties"]?.members.map(\.key) ?? [])) { $0.formUnion(members(of: $1.value)) }
        case .array: schema.elements.reduce(into: []) { $0.formUnion(members(of: $1)) }
        default: []
        }
    }

    private func schema(_ path: String) throws -> JSONDocument {
        try JSONDocument(parsing: Array(try #require(projectText("schema/\(path).v1.json")).utf8))
    }

    @Test(arguments: MarketAnalysis.all.map(\.name))
    func `each figure of an analysis has its formula, source, unit and misuse in docs/model.md`(_ name: String) throws {
        let analysis = try #require(MarketAnalysis.named(name))
        let schema = try schema("analyses/\(name)").root
        let own = try rows("model", try #require(MarketPage.sections(of: analysis).first?.slug))
        let frame = try rows("model", "the-document-of-a-market")
        let properties = try #require(schema["properties"])
        let figures = leaves(of: try #require(properties["data"]), [], in: schema)
        #expect(figures.count > 3)
        for figure in figures {
            #expect(own.contains { $0.isSuperset(of: figure) }, "data…\(figure.joined(separator: ".")) has no row")
        }
        for member in properties.members where member.key != "data" {
            for figure in leaves(of: member.value, [member.key], in: schema) {
                #expect(frame.contains { $0.isSuperset(of: figure) }, "\(figure.joined(separator: ".")) has no row")
            }
        }
        // A figure that is gone has no words either.
        let known = members(of: schema)
        for row in own + frame { #expect(row.isSubset(of: known), "\(row.subtracting(known).sorted()) is no member") }
    }

    @Test(arguments: kinds)
    func `each figure of research has its formula, source, unit and misuse in docs/research.md`(_ kind: String) throws {
        let schema = try schema("artifacts/\(kind)").root
        let common = try rows("research", "every-document")
        let own = try rows("research", kind)
        let figures = leaves(of: try #require(schema["properties"]?["data"]), [], in: schema)
        #expect(figures.count > 10)
        for figure in figures {
            #expect((own + common).contains { $0.isSuperset(of: figure) }, "data…\(figure.joined(separator: ".")) has no row")
        }
        let known = members(of: schema)
        for row in own { #expect(row.isSubset(of: known), "\(row.subtracting(known).sorted()) is no member") }
    }

    @Test func `each column of an observed series has its source, unit and misuse in docs/model.md`() throws {
        let rows = try rows("model", "observed-series")
        var known: Set<String> = []
        let views = View.all.filter { "\($0.path)".hasPrefix("/api/market/series/") }
        #expect(views.count > 10)
        for view in views {
            let text = try #require(projectText("projections/\(view.projection)/columns.json"))
            let columns = try #require(try JSONDocument(parsing: Array(text.utf8)).root["columns"]).members.map(\.key)
            known.formUnion(columns + [view.projection])
            for column in columns {
                #expect(rows.contains { $0.isSuperset(of: [view.projection, column]) }, "\(view.projection).\(column) has no row")
            }
        }
        for row in rows { #expect(row.isSubset(of: known), "\(row.subtracting(known).sorted()) is no column") }
    }
}
