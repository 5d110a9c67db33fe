import BrowserSupport
import Foundation
import TestSupport
import Testing

/// A proof as a file on somebody's disk, opened by a browser that asks no server.
@Suite(.serialized, WithConsole())
struct ProofFileTests {
    @Test func `a proof file verifies itself from disk, and a changed character in it is found`() async throws {
        let console = try #require(RunningConsole.current)
        let page = try await console.signedIn("reader-key-of-tests")
        try await page.go("\(console.origin)/explain?view=trades&key=ICOI-000008&field=entry_premium_usd")
        let shown = try await page.text(".result")
        let link = "document.querySelector('main a[href^=\"/prove\"]').href"
        let file = try #require(try await page.evaluate("fetch(\(link)).then((answer) => answer.text())").string)
        #expect(file.hasPrefix("<!doctype html>"))

        let folder = FileManager.default.temporaryDirectory.appending(path: "proof-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func verdict(_ text: String, _ name: String) async throws -> (text: String, holds: Bool) {
            let path = folder.appending(path: "\(name).html")
            try Data(text.utf8).write(to: path)
            try await page.go(path.absoluteString)
            try await page.wait(for: "document.getElementById('verdict').className !== ''")
            return (
                try await page.text("#verdict"),
                try await page.evaluate("document.getElementById('verdict').className === 'holds'").bool == true
            )
        }
        let whole = try await verdict(file, "whole")
        #expect(whole.holds, "\(whole.text)")
        let value = try await page.text(".value")
        #expect(
            value.filter { $0.isNumber } == shown.filter { $0.isNumber }.prefix(value.count), "\(value) on the file, \(shown) on the page")
        #expect(try await page.count("details") >= 1)
        #expect(try await page.count("li.fails") == 0)

        // A digit of the row, of the arithmetic, of an event, of the head and of its signature.
        let document = try #require(file.components(separatedBy: #"id="proof">"#).last)
        for (name, part) in [
            ("row", #"\"entry_premium_usd\":\"675360"#), ("explanation", #""value":675360"#), ("event", #"\"quantity\":\"224"#),
            ("place", #""index":"#),
        ] {
            guard let found = document.range(of: part) else {
                Issue.record("\(name): the file holds no \(part)")
                continue
            }
            let at = try #require(document[found.lowerBound...].firstIndex { $0.isNumber })
            var changed = document
            changed.replaceSubrange(at...at, with: document[at] == "1" ? "2" : "1")
            let altered = try await verdict(file.replacing(document, with: changed), name)
            #expect(!altered.holds && altered.text.contains("Do not trust this page"), "\(name): \(altered.text)")
        }
        let head = try #require(file.firstMatch(of: /<pre id="note">[^<]+<\/pre>/)?.output)
        let lines = head.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        for (name, line) in [("size", 1), ("root", 2), ("extension", 3), ("signature", lines.count - 2)] {
            var changed = lines
            let text = changed[line]
            // The last character of base64 holds bits that say nothing.
            let at = text.index(text.endIndex, offsetBy: text.count > 20 ? -12 : -1)
            changed[line].replaceSubrange(at...at, with: text[at] == "1" ? "2" : "1")
            let altered = try await verdict(file.replacing(head, with: changed.joined(separator: "\n")), name)
            #expect(!altered.holds, "\(name): \(altered.text)")
        }
        await page.close()
    }
}
