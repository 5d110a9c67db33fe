import Foundation
import LedgerJSON
import LedgerProjections
import LedgerValues
import Operations
import OptionTrades
import TestSupport
import Testing

/// Lists as CSV: what is read back is what JSON says.
@Suite struct CSVRouteTests {
    private let csv = [("Accept", "text/csv")]

    /// Trades with texts that need quotes, or that a spreadsheet would run.
    private static let texts = [
        "=1+2", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "a,b", "a \"quoted\" word", "two\r\nlines", "", "Ärger", "'", " x ", "a\nb", "\"",
    ]

    private func withTrades(_ body: @Sendable (RunningService, _ head: Int64) async throws -> Void) async throws {
        let history = try RandomHistory(seed: 92, trades: 12, events: 150).events
        try await withService(projectors: false) { service in
            try await service.ledger.log.append(history, runID: UniqueID(high: 3, low: 3))
            let rows = try Self.texts.enumerated().map { try sampleRow("N\($0)", notes: $1) }
            try await service.ledger.log.append(rows.map { recorded($0) }, runID: UniqueID(high: 3, low: 4))
            try await service.ledger.bringUpToDate(service.ledger.registry.names)
            try await body(service, try await service.ledger.primaryHead())
        }
    }

    /// A field, and whether it stood in quotes.
    private struct Field: Equatable {
        var text: String
        var isQuoted = false
    }

    /// RFC 4180 to the letter: lines end in CR LF, the last one too, and a quote stands in quoted fields alone.
    private static func records(_ bytes: [UInt8]) throws -> [[Field]] {
        var records: [[Field]] = []
        var fields: [Field] = []
        var at = 0
        while at < bytes.count {
            var field: [UInt8] = []
            let isQuoted = bytes[at] == UInt8(ascii: "\"")
            if isQuoted {
                at += 1
                while true {
                    try #require(at < bytes.count, "a quote is open")
                    if bytes[at] != UInt8(ascii: "\"") {
                        field.append(bytes[at])
                    } else if at + 1 < bytes.count, bytes[at + 1] == UInt8(ascii: "\"") {
                        field.append(bytes[at])
                        at += 1
                    } else {
                        at += 1
                        break
                    }
                    at += 1
                }
            } else {
                while at < bytes.count, ![UInt8(ascii: ","), 0x0d].contains(bytes[at]) {
                    try #require(bytes[at] != UInt8(ascii: "\"") && bytes[at] != 0x0a)
                    field.append(bytes[at])
                    at += 1
                }
            }
            fields.append(Field(text: String(decoding: field, as: UTF8.self), isQuoted: isQuoted))
            try #require(at < bytes.count, "a line has no end")
            if bytes[at] == UInt8(ascii: ",") {
                at += 1
                // An empty field may be the last one of the line.
                if at < bytes.count, bytes[at] == 0x0d { fields.append(Field(text: "")) } else { continue }
            }
            try #require(at + 1 < bytes.count && bytes[at] == 0x0d && bytes[at + 1] == 0x0a)
            at += 2
            records.append(fields)
            fields = []
        }
        return records
    }

    /// The field of a member of a JSON row.
    private static func field(_ value: JSONValue?) -> Field {
        guard let value, !value.isNull else { return Field(text: "") }
        let text = value.string ?? value.sourceText
        let isQuoted = text.isEmpty || text.utf8.contains { Array("\",\r\n".utf8).contains($0) }
        return Field(text: text, isQuoted: isQuoted)
    }

    @Test func `CSV read back is the rows of JSON on every list`() async throws {
        try await withTrades { service, head in
            let registry = try projectRegistry()
            for view in View.all {
                let names = try #require(registry.firstDefinition(view.projection)).columns.columns.map(\.name)
                let moments = view.hasValidTime ? ["&effective_at=2026-03-01T00:00:00Z"] : []
                for more in ["", "&sort=-\(view.key[view.key.count - 1])"] + moments {
                    let list = "\(view.path)?as_of_position=\(head)&limit=1000\(more)"
                    let answer = try await service.ask(list, headers: csv)
                    #expect(answer.status == 200, "\(list)")
                    #expect(answer.headers["content-type"] == "text/csv; charset=utf-8; header=present")
                    let records = try Self.records(answer.body)
                    #expect(records.first?.map(\.text) == names, "\(list)")
                    let rows = try await service.ask(list).json()["rows"]?.elements.map { $0 } ?? []
                    #expect(records.count == rows.count + 1 && answer.headers["link"] == nil, "\(list)")
                    for (record, row) in zip(records.dropFirst(), rows) {
                        #expect(record == names.map { Self.field(row[$0]) }, "\(list)")
                        #expect(row.members.map(\.key) == names, "\(list)")
                    }
                }
            }
            // Every text is as it was recorded, whatever a spreadsheet makes of it.
            let notes = try await service.ask("/api/internal/trades?limit=1000", headers: csv)
            let records = try Self.records(notes.body)
            let column = try #require(records[0].firstIndex { $0.text == "notes" })
            let found = records.dropFirst().map { Array($0[column].text.utf8) }
            for text in Self.texts { #expect(found.contains(Array(text.utf8)), "\(text)") }
        }
    }

    @Test func `points are no rows, so there is no CSV of them`() async throws {
        try await withTrades { service, _ in
            let list = "/api/market/series/gex_hourly"
            let answer = try await service.ask("\(list)?bucket=1d", headers: csv)
            let detail = try answer.json()["detail"]?.string
            #expect(answer.status == 400 && detail == "bucket: expected an answer in JSON, since CSV has rows alone")
            #expect(try await service.ask("\(list)?latest=true", headers: csv).status == 200)
        }
    }

    @Test func `pages of CSV go on at the linked address and are those of JSON`() async throws {
        try await withTrades { service, head in
            let first = "/api/internal/trades?sort=-notes&limit=4&as_of_position=\(head)&source=alpha%5Fsync"
            var (target, next): (String, String?) = (first, nil)
            var pages = 0
            var records: [[Field]] = []
            repeat {
                let answer = try await service.ask(target, headers: csv)
                #expect(answer.status == 200, "\(target)")
                let page = try Self.records(answer.body)
                #expect(page.count <= 5)
                records += pages == 0 ? page : Array(page.dropFirst())
                pages += 1
                next = answer.headers["link"]
                if let link = next {
                    #expect(link.hasPrefix("</api/internal/trades?") && link.hasSuffix(">; rel=\"next\""), "\(link)")
                    target = String(link.dropFirst().prefix { $0 != ">" })
                }
            } while next != nil
            #expect(pages > 5)
            let whole = try await service.ask(first.replacing("limit=4", with: "limit=1000"), headers: csv)
            #expect(try Self.records(whole.body) == records)
        }
    }

    @Test func `who prefers CSV gets it, and caches keep the two apart`() async throws {
        try await withTrades { service, head in
            let list = "/api/internal/trades?limit=3&as_of_position=\(head)"
            for (accept, isCSV) in [
                ("text/csv", true), ("text/csv;q=0.5", true), ("text/csv, application/json;q=0.9", true),
                ("TEXT/CSV ; header=present", true),
                ("application/json", false), ("text/csv;q=0.8, application/json", false), ("text/csv;q=0", false), ("*/*", false),
                ("", false),
                ("text/html,application/xhtml+xml,*/*;q=0.8", false),
            ] {
                let answer = try await service.ask(list, headers: [("Accept", accept)])
                let type = answer.headers["content-type"] ?? ""
                #expect(answer.status == 200 && type.hasPrefix(isCSV ? "text/csv" : "application/json"), "\(accept): \(type)")
            }
            let pinned = "\(list)&as_of=2026-06-01T00:00:00Z&rules=trades@v1/c1"
            for target in [list, pinned] {
                let (json, other) = (try await service.ask(target), try await service.ask(target, headers: csv))
                let (first, second) = (try #require(json.headers["etag"]), try #require(other.headers["etag"]))
                #expect(first != second)
                #expect(other.headers["cache-control"] == json.headers["cache-control"])
                #expect(try await service.ask(target, headers: csv + [("If-None-Match", second)]).status == 304)
                #expect(try await service.ask(target, headers: csv + [("If-None-Match", first)]).status == 200)
                #expect(try await service.ask(target, headers: [("If-None-Match", second)]).status == 200)
                let raw = try await service.raw("GET \(target) HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n").lowercased()
                #expect(raw.contains("\r\nvary: accept\r\n") && raw.contains("\r\nvary: accept-encoding\r\n"))
                // Asked again, each comes from the cache as itself.
                #expect(try await service.ask(target).body == json.body)
                #expect(try await service.ask(target, headers: csv).body == other.body)
            }
        }
    }

    @Test func `errors stay problems, and CSV has no receipt`() async throws {
        try await withTrades { service, _ in
            for (target, code) in [("?limit=0", "bad_parameter"), ("?colour=red", "unknown_parameter"), ("?receipt=true", "bad_parameter")]
            {
                let answer = try await service.ask("/api/internal/trades\(target)", headers: csv)
                #expect(answer.status == 400 && answer.headers["content-type"] == "application/problem+json", "\(target)")
                #expect(try answer.code() == code, "\(target)")
            }
            // What is no list is JSON as ever.
            #expect(try await service.ask("/api/ledger/head", headers: csv).headers["content-type"] == "application/json")
        }
    }
}
