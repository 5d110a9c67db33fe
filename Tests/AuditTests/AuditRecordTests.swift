import Foundation
import TestSupport
import Testing

@testable import Operations

/// The file that `audit verify --record` leaves.
@Suite struct AuditRecordTests {
    /// A ledger with a few trades, and its record.
    private func withRecord(_ body: (Ledger, _ uri: String, AuditRecord, _ path: String) async throws -> Void) async throws {
        let directory = try temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try await SignedHeadTests().withAudited { ledger, uri, _ in
            try await SignedHeadTests.append(ledger, 0..<3)
            try await ledger.bringUpToDate(ledger.registry.names)
            let report = try await ledger.audit()
            try await body(ledger, uri, try #require(report.record, "\(report.problems)"), directory + "/record.json")
        }
    }

    private func problem(_ body: () throws(AuditError) -> Void) -> String {
        do throws(AuditError) {
            try body()
            return "none"
        } catch {
            return error.exitCode == 2 ? "\(error)" : "exit code \(error.exitCode)"
        }
    }

    @Test func `it is read back as it was written, of mode 0600, in the place of an older one`() async throws {
        try await withRecord { ledger, _, record, path in
            let file = AuditRecordFile(path)
            try Data("old".utf8).write(to: URL(filePath: path))
            try file.write(record)
            #expect(try file.read() == record)
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            let names = try FileManager.default.contentsOfDirectory(atPath: URL(filePath: path).deletingLastPathComponent().path)
            #expect(names == ["record.json"])
        }
    }

    @Test func `a file that is missing, open to others, cut off or altered is refused with what is wrong`() async throws {
        try await withRecord { _, _, record, path in
            let file = AuditRecordFile(path)
            func read() -> String { problem { () throws(AuditError) in _ = try file.read() } }
            #expect(read().hasSuffix("is not there"))
            try file.write(record)
            chmod(path, 0o640)
            #expect(read().contains("can be read or changed by others"))
            let text = String(decoding: record.encode(), as: UTF8.self)
            func reading(_ other: String) throws -> String {
                try Data(other.utf8).write(to: URL(filePath: path))
                chmod(path, 0o600)
                return read()
            }
            #expect(try reading(String(text.dropLast(500))).contains("not JSON"))
            for member in ["format", "ledger_id", "position", "root_hash", "recorded_at", "key", "projections", "sums"] {
                let wrong = try reading(text.replacing("\"\(member)\":", with: "\"\(member)\":true,\"not_\(member)\":"))
                #expect(wrong.contains("`\(member == "position" ? "position" : member)`"), "\(member): \(wrong)")
            }
            #expect(try reading(text.replacing(",\"position\"", with: ", \"position\"")).contains("canonical"))
            let digits = record.projections[0].tally.sumsText
            #expect(try reading(text.replacing(digits, with: "+" + digits.dropFirst())).contains("`sums`"))
            #expect(try reading(text) == "none")
        }
    }

    @Test func `a record of another ledger is refused, and a log with a fault leaves none`() async throws {
        try await withRecord { ledger, uri, record, _ in
            try await SignedHeadTests().withAudited { other, _, _ in
                var request = AuditRequest()
                request.since = record
                let error = await #expect(throws: AuditError.self) { try await other.audit(request) }
                #expect(error?.exitCode == 2 && error?.description.contains("`ledger_id`") ?? false, "\(String(describing: error))")
            }
            try await SignedHeadTests.tamper(uri, "UPDATE ledger.events SET payload = payload || ' ' WHERE position = 2")
            let report = try await ledger.audit()
            #expect(report.log.fault != nil && report.record == nil)
        }
    }
}
