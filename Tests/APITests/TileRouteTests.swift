import API
import Foundation
import LedgerJSON
import LedgerMerkle
import LedgerNotes
import LedgerValues
import Operations
import TestSupport
import Testing

/// The log as tiles over HTTP.
@Suite(.serialized) struct TileRouteTests {
    private static let readKey = "reader-key-of-tests"
    private static let bearer = [("Authorization", "Bearer \(readKey)")]

    /// The events of a log that is new: a promotion for each projection.
    private static let start = (try? projectRegistry().names.count) ?? 0

    /// Runs a service whose key file is in a directory of its own.
    private static func withLog(
        _ environment: [String: String] = [:], _ limits: ServiceLimits = ServiceLimits(),
        _ body: @Sendable (RunningService, _ directory: String) async throws -> Void
    ) async throws {
        let directory = try temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let settings = ["ALPHA_LEDGER_SIGNING_KEY_FILE": directory + "/key"].merging(environment) { $1 }
        try await withService(settings, limits: limits, projectors: false) { try await body($0, directory) }
    }

    private static func append(_ service: RunningService, _ ids: Range<Int>) async throws {
        try await service.ledger.log.append(ids.map { recorded(try sampleRow("h\($0)")) }, runID: UniqueID(high: 1, low: 1))
    }

    /// Waits until the service has published a size by itself.
    private static func published(_ size: Int64, _ service: RunningService, headers: [(String, String)] = []) async throws -> Checkpoint {
        for _ in 0..<1_200 {
            let answer = try await service.ask("/tlog/checkpoint", headers: headers)
            if answer.status == 200 {
                let checkpoint = try Checkpoint(parsing: SignedNote(parsing: answer.body).text)
                if checkpoint.size == size { return checkpoint }
            } else {
                #expect(try answer.status == 404 && answer.code() == "no_checkpoint")
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw NeverPublished(size: size)
    }

    private struct NeverPublished: Error { let size: Int64 }

    @Test(.enabled(if: hasPython, "there is no python3"))
    func `the service publishes a head that moved, and its tiles are the files of a directory, byte for byte`() async throws {
        try await Self.withLog { service, directory in
            _ = try await Self.published(Int64(Self.start), service)
            try await Self.append(service, 0..<300)
            let older = try await service.ask("/tlog/checkpoint")
            _ = try await Self.published(Int64(Self.start + 300), service)
            try await Self.append(service, 300..<700)
            _ = try await Self.published(Int64(Self.start + 700), service)
            let out = directory + "/log"
            _ = try await service.ledger.exportTiles(TileExport(directory: out, content: .all))
            let vkey = try await service.ledger.verifierKey().vkey
            var proofs: [(String, JSONNode)] = []
            for position in [1, Self.start, Self.start + 1, 256, 257, Self.start + 700] {
                let answer = try await service.ask("/tlog/proof/\(position)")
                #expect(answer.status == 200 && answer.headers["content-type"] == "text/plain; charset=utf-8")
                #expect(answer.headers["cache-control"]?.contains("public") == false)
                proofs.append(("\(position)", .string(String(decoding: answer.body, as: UTF8.self))))
            }
            let given = JSONNode.object([
                ("vkey", .string(vkey)), ("directory", .string(out)), ("url", .string("http://127.0.0.1:\(service.port)/tlog")),
                ("heads", .array([.string(String(decoding: older.body, as: UTF8.self))])), ("proofs", .object(proofs)),
            ]).httpBytes()
            #expect(try await blocking { try runPython("AuditTests/tile_client.py", given) } == 0)
        }
    }

    @Test func `a tile is cached for ever, has a tag, and is compressed where it holds entries`() async throws {
        try await Self.withLog { service, _ in
            try await Self.append(service, 0..<(269 - Self.start))
            _ = try await Self.published(269, service)
            let checkpoint = try await service.ask("/tlog/checkpoint")
            #expect(checkpoint.headers["content-type"] == "text/plain; charset=utf-8" && checkpoint.headers["cache-control"] == "max-age=5")
            for path in ["0/000", "0/001.p/13", "1/000.p/1", "entries/000", "entries/001.p/13"] {
                let plain = try await service.ask("/tlog/tile/\(path)")
                #expect(plain.status == 200 && plain.headers["content-type"] == "application/octet-stream", "\(path)")
                #expect(plain.headers["cache-control"] == "public, max-age=31536000, immutable", "\(path)")
                let tag = try #require(plain.headers["etag"], "\(path)")
                #expect(try await service.ask("/tlog/tile/\(path)", headers: [("If-None-Match", tag)]).status == 304, "\(path)")
                let head = try await service.ask("/tlog/tile/\(path)", method: "HEAD")
                #expect(head.status == 200 && head.body.isEmpty && head.headers["content-length"] == "\(plain.body.count)", "\(path)")
                let zipped = try await service.ask("/tlog/tile/\(path)", headers: [("Accept-Encoding", "gzip")])
                let isEntries = path.hasPrefix("entries")
                #expect((zipped.headers["content-encoding"] == "gzip") == isEntries, "\(path)")
                #expect((plain.headers["vary"]?.lowercased() == "accept-encoding") == isEntries, "\(path)")
                #expect(isEntries ? zipped.body.count < plain.body.count : zipped.body == plain.body, "\(path)")
            }
        }
    }

    @Test func `what no published tree has is not there, and neither is another spelling`() async throws {
        try await Self.withLog { service, _ in
            let start = Self.start
            _ = try await Self.published(Int64(start), service)
            try await Self.append(service, 0..<(260 - start))
            _ = try await Self.published(260, service)
            for path in [
                "0/000", "0/000.p/\(start)", "0/001.p/4", "1/000.p/1", "entries/000", "entries/000.p/\(start)", "entries/001.p/4",
            ] {
                #expect(try await service.ask("/tlog/tile/\(path)").status == 200, "\(path)")
            }
            for path in [
                "0/001", "0/000.p/\(start - 1)", "0/000.p/\(start + 1)", "0/000.p/255", "0/001.p/3", "0/001.p/5", "0/002", "1/000",
                "1/000.p/2", "2/000.p/1",
                "63/000", "64/000", "entries/001", "entries/000.p/\(start - 1)", "entries/001.p/5", "0/%30%30%30", "0/000/", "00/000",
                "0/000.p/09",
                "entries", "entries/", "", "0", "0/", "0/x000/000", "0/../0/000",
            ] {
                let answer = try await service.ask("/tlog/tile/\(path)")
                #expect(try answer.status == 404 && answer.code() == "not_found", "\(path)")
            }
            for (path, status, code) in [
                ("proof/261", 404, "position_unknown"), ("proof/0", 404, "not_found"), ("proof/01", 404, "not_found"),
                ("proof/%31", 404, "not_found"), ("proof/1/", 404, "not_found"), ("proof/x", 404, "not_found"),
                ("%63heckpoint", 404, "not_found"), ("checkpoint/", 404, "not_found"), ("checkpoint?a=1", 400, "unknown_parameter"),
                ("tile/0/000?a=1", 400, "unknown_parameter"),
            ] {
                let answer = try await service.ask("/tlog/\(path)")
                #expect(try answer.status == status && answer.code() == code, "\(path)")
            }
        }
    }

    @Test func `before a head is published there is none, and a later position waits for the next`() async throws {
        try await Self.withLog(["ALPHA_LEDGER_SIGNING_KEY_FILE": "/nonexistent/directory/key"]) { service, _ in
            let checkpoint = try await service.ask("/tlog/checkpoint")
            #expect(try checkpoint.status == 404 && checkpoint.code() == "no_checkpoint")
            #expect(try await service.ask("/tlog/tile/0/000.p/\(Self.start)").status == 404)
            let proof = try await service.ask("/tlog/proof/1")
            #expect(try proof.status == 503 && proof.code() == "not_yet_published" && proof.headers["retry-after"] == "1")
        }
        try await Self.withLog { service, directory in
            let start = Self.start
            _ = try await Self.published(Int64(start), service)
            // A key that others can read signs nothing.
            chmod(directory + "/key", 0o644)
            try await Self.append(service, 0..<3)
            let proof = try await service.ask("/tlog/proof/\(start + 1)")
            #expect(try proof.status == 503 && proof.code() == "not_yet_published")
            #expect(try await service.ask("/tlog/proof/\(start)").status == 200)
            #expect(try await service.ask("/tlog/tile/0/000.p/\(start + 3)").status == 404)
            chmod(directory + "/key", 0o600)
            _ = try await Self.published(Int64(start + 3), service)
            #expect(try await service.ask("/tlog/proof/\(start + 1)").status == 200)
        }
    }

    @Test func `without a key only the open parts exist, and a reader has all`() async throws {
        let paths = ["/tlog/checkpoint", "/tlog/tile/0/000.p/\(Self.start)", "/tlog/tile/entries/000.p/\(Self.start)", "/tlog/proof/1"]
        for (content, open) in [("", 0), ("checkpoint", 1), ("hashes", 2), ("all", 3)] {
            try await Self.withLog(["ALPHA_LEDGER_READ_KEY": Self.readKey, "ALPHA_LEDGER_PUBLIC_TILES": content]) { service, _ in
                _ = try await Self.published(Int64(Self.start), service, headers: Self.bearer)
                for (place, path) in paths.enumerated() {
                    let known = try await service.ask(path, headers: Self.bearer)
                    #expect(known.status == 200, "\(content) \(path)")
                    if path.contains("tile") {
                        let shared = place < open ? "public" : "private"
                        #expect(known.headers["cache-control"] == "\(shared), max-age=31536000, immutable", "\(content) \(path)")
                    }
                    let unknown = try await service.ask(path)
                    #expect(unknown.status == (place < open ? 200 : open == 0 ? 401 : 404), "\(content) \(path)")
                    let wrong = try await service.ask(path, headers: [("Authorization", "Bearer wrong-key-of-tests")])
                    #expect(wrong.status == 401, "\(content) \(path)")
                }
                #expect(try await service.ask("/api/ledger/head").status == 401)
                #expect(try await service.ask("/tlog/checkpoint", method: "POST").status != 200)
            }
        }
    }

    @Test func `an address without a key asks so often a second, and a reader as often as it likes`() async throws {
        #expect(ServiceLimits().publicRequestsPerSecond == 50)
        var limits = ServiceLimits()
        // One a second, so that a slow machine can't stay below it.
        limits.publicRequestsPerSecond = 1
        try await Self.withLog(["ALPHA_LEDGER_READ_KEY": Self.readKey, "ALPHA_LEDGER_PUBLIC_TILES": "all"], limits) { service, _ in
            _ = try await Self.published(Int64(Self.start), service, headers: Self.bearer)
            var answers: [RunningService.Answer] = []
            while answers.count < 20, answers.last?.status != 429 { answers.append(try await service.ask("/tlog/checkpoint")) }
            let refused = try #require(answers.last)
            #expect(try refused.status == 429 && refused.code() == "too_many_requests" && refused.headers["retry-after"] == "1")
            #expect(answers.count > 1 && answers.dropLast().allSatisfy { $0.status == 200 })
            for _ in 0..<10 { #expect(try await service.ask("/tlog/checkpoint", headers: Self.bearer).status == 200) }
        }
    }
}
