import Foundation
import LedgerJSON
import LedgerStore
import LedgerValues
import Operations
import OptionTrades
import TestSupport
import Testing

/// Cursors that no list gave out, on every list: each is a 400, never an error of the service.
@Suite struct CursorTests {
    /// The members of a cursor, to be forged one at a time.
    private struct Cursor {
        var f: Any
        var k: Any
        var n: Any
        var p: Any
        var v: Any

        init?(_ text: String) {
            var base64 = text.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
            while base64.count % 4 != 0 { base64 += "=" }
            guard let data = Data(base64Encoded: base64),
                let object = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
                let f = object["f"], let k = object["k"], let n = object["n"], let p = object["p"], let v = object["v"]
            else { return nil }
            (self.f, self.k, self.n, self.p, self.v) = (f, k, n, p, v)
        }

        func text() throws -> String { Self.encode(try JSONSerialization.data(withJSONObject: ["f": f, "k": k, "n": n, "p": p, "v": v])) }

        static func encode(_ data: Data) -> String {
            data.base64EncodedString().replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
                .replacingOccurrences(of: "=", with: "")
        }
    }

    /// What may stand in a cursor's members, and never does.
    private static func forged(_ cursor: Cursor) throws -> [String] {
        var out: [String] = []
        func add(_ change: (inout Cursor) -> Void) throws {
            var other = cursor
            change(&other)
            out.append(try other.text())
        }
        let keys: [Any] = [
            [], ["a"], ["a", "b", "c"], ["a", "b", "c", "d", "e"], ["\u{0}", "b"], ["a", "b\u{0}c"], [1, 2], ["a", NSNull()], [["a"], "b"],
            "a", NSNull(),
            [String(repeating: "x", count: 2000), "y"],
        ]
        let count = (cursor.k as? [Any])?.count ?? 0
        for key in keys where (key as? [String])?.count != count || (key as? [String])?.contains(where: { $0.contains("\u{0}") }) == true {
            try add { $0.k = key }
        }
        for position in [-1, 1_000_000_000, Int64.max, "8", NSNull(), 1.5, 1e30, true] as [Any] { try add { $0.p = position } }
        for version in ["v9/c9", "v1/c99", "v1", "", "v0", "x", "v99999999999999999999/c1", "v1/c1'; --", 1, NSNull()] as [Any] {
            if version as? String != cursor.v as? String && version as? String != "v1" { try add { $0.v = version } }
        }
        for moment in ["2199-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "yesterday", "", 5, NSNull()] as [Any] { try add { $0.n = moment } }
        for digest in ["", "0", String(repeating: "0", count: 24), 7, NSNull()] as [Any] { try add { $0.f = digest } }
        for json in ["", "{}", "[]", "null", "{\"p\":1}", String(repeating: "[", count: 2900), "\u{0}", "{\"f\":\"\\ud800\"}"] {
            out.append(Cursor.encode(Data(json.utf8)))
        }
        out += [
            "%00", "%ff", "%20", "===", "a", "\u{e9}".addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "",
            String(repeating: "A", count: 5000),
        ]
        return out
    }

    @Test func `a forged cursor is refused on every list`() async throws {
        let history = try RandomHistory(seed: 5, trades: 12, events: 120).events
        try await withService { service in
            try await service.ledger.log.append(history, runID: UniqueID(high: 3, low: 3))
            try await service.ledger.bringUpToDate(service.ledger.registry.names)
            var lists = 0
            for view in View.all {
                for more in [""] + (view.hasValidTime ? ["&effective_at=2026-02-01T00:00:00Z"] : []) {
                    let list = "\(view.path)?limit=1\(more)"
                    let first = try await service.askSettled(list)
                    #expect(first.status == 200, "\(list)")
                    guard let text = try first.json()["next_cursor"]?.string, let cursor = Cursor(text) else { continue }
                    lists += 1
                    #expect(try await service.askSettled("\(list)&cursor=\(text)").status == 200)
                    for forged in try Self.forged(cursor) {
                        let answer = try await service.ask("\(list)&cursor=\(forged)")
                        #expect(
                            answer.status == 400,
                            "\(list)&cursor=\(forged): \(answer.status) \(String(decoding: answer.body.prefix(200), as: UTF8.self))")
                    }
                    // Bytes of a good one changed, cut and doubled.
                    var random = SeededGenerator(seed: UInt64(lists))
                    for _ in 0..<15 {
                        var bytes = Array(text.utf8)
                        let at = Int(random.next() % UInt64(bytes.count))
                        switch random.next() % 3 {
                        case 0: bytes[at] = Array("ABCDEFabcdef0123456789-_".utf8)[Int(random.next() % 24)]
                        case 1: bytes.removeSubrange(at...)
                        default: bytes.insert(contentsOf: bytes[..<at], at: at)
                        }
                        let answer = try await service.ask("\(list)&cursor=\(String(decoding: bytes, as: UTF8.self))")
                        // A changed key is a place in the list like any other, and a moment before now is one.
                        #expect([200, 400].contains(answer.status), "\(String(decoding: answer.body.prefix(200), as: UTF8.self))")
                    }
                }
            }
            #expect(lists > 8)
            for target in [
                "/api/ledger/events?after=", "/api/ledger/events?limit=5&after=", "/api/internal/trades/T0/history?after=",
                "/api/ledger/events/stream?after=",
            ] {
                for value in ["-1", "x", "9223372036854775808", "1e3", "%00", "1%00", "0x10", "%2b1", "", "%ff"] {
                    #expect(try await service.ask("\(target)\(value)").status == 400, "\(target)\(value)")
                }
            }
            #expect(try await service.ask("/api/ledger/events?after=9223372036854775807").status == 200)
        }
    }
}
