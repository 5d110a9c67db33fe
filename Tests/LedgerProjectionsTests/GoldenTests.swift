import Foundation
import LedgerEvents
import LedgerJSON
import LedgerProjections
import LedgerValues
import TestSupport
import Testing

/// What each projection yields today, kept beside the tests: a fold whose rows change must be a new code version.
///
/// `Golden/events.ndjson` holds the events of forty trades of the sample scope, chosen so that nearly every state,
/// label, flag and missing figure of the scope occurs. `Golden/<projection>.<version>.c<code>.ndjson` holds the digested
/// columns of the rows that follow, a line each in key order. A new code or rules version is recorded by running this
/// test once with `ALPHA_LEDGER_RECORD_GOLDEN=1`; a recorded file is never rewritten.
@Suite struct GoldenTests {
    @Test func `every fold yields the rows that were recorded for its version`() throws {
        let events = try GoldenLog.recordedEvents() + GoldenLog.assertions() + GoldenLog.orders() + GoldenLog.flow() + GoldenLog.alerts()
        #expect(events.count > 200)
        for definition in try projectRegistry().definitions {
            let identity = definition.identity
            // Code versions that fold alike have the rows of the oldest of them.
            let name = "\(identity.name).\(identity.version).c\(definition.foldVersion)"
            let fold = definition.completeFold()
            for record in events {
                if let event = try definition.decode(record) { try fold.apply(event) }
            }
            var lines: [String] = []
            try fold.forEachRow { _, document in
                var line: [UInt8] = []
                try definition.columns.appendDigestLine(document, to: &line)
                lines.append(String(decoding: line.dropLast(), as: UTF8.self))
            }
            #expect(!lines.isEmpty, "\(name)")
            let path = GoldenLog.folder + name + ".ndjson"
            if ProcessInfo.processInfo.environment["ALPHA_LEDGER_RECORD_GOLDEN"] == "1",
                !FileManager.default.fileExists(atPath: path)
            {
                try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: path))
            }
            guard let recorded = FileManager.default.contents(atPath: path) else {
                Issue.record("\(name) was never recorded: run this test once with ALPHA_LEDGER_RECORD_GOLDEN=1")
                continue
            }
            let expected = String(decoding: recorded, as: UTF8.self).split(separator: "\n").map(String.init)
            let changes = try differences(expected, lines, definition.columns)
            #expect(
                changes.isEmpty,
                "\(name) yields other rows than were recorded. Raise the projection's code version, or put the rule file back.\n\(changes.prefix(20).joined(separator: "\n"))"
            )
        }
    }

    /// What differs, a line each: the key, and each column's old and new value.
    private func differences(_ expected: [String], _ found: [String], _ columns: ColumnSet) throws -> [String] {
        func byKey(_ lines: [String]) throws -> [String: JSONDocument] {
            var rows: [String: JSONDocument] = [:]
            for line in lines {
                let document = try JSONDocument(parsing: Array(line.utf8))
                rows[columns.key.map { name in document.root[name].map { $0.string ?? $0.sourceText } ?? "" }.joined(separator: "|")] =
                    document
            }
            return rows
        }
        let (old, new) = (try byKey(expected), try byKey(found))
        var changes: [String] = []
        for key in Set(old.keys).union(new.keys).sorted() {
            guard let before = old[key] else {
                changes.append("\(key): added")
                continue
            }
            guard let after = new[key] else {
                changes.append("\(key): removed")
                continue
            }
            for column in columns.columns where column.isDigested {
                let (from, to) = (before.root[column.name]?.sourceText ?? "none", after.root[column.name]?.sourceText ?? "none")
                if from != to { changes.append("\(key): \(column.name) was \(from), is \(to)") }
            }
        }
        if changes.isEmpty, expected != found { changes.append("the rows come in another order") }
        return changes
    }
}
