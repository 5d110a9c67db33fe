import Foundation
import LedgerJSON
import LedgerMerkle
import LedgerNotes
import LedgerStore
import LedgerValues
import TestSupport
import Testing

/// Proofs and signed heads as a client gets them over HTTP, verified with nothing but the answers.
@Suite struct ProofRouteTests {
    private static func digest(_ value: JSONValue?) -> Digest32? { value?.string.flatMap { Digest32(hex: $0) } }
    private static func path(_ value: JSONValue?) -> [Digest32] {
        value?.elements.compactMap { $0.string.flatMap { Digest32(hex: $0) } } ?? []
    }

    private static func withAudited(_ body: @Sendable (RunningService, _ keyFile: String) async throws -> Void) async throws {
        let directory = try temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let key = directory + "/key"
        try await withService(["ALPHA_LEDGER_SIGNING_KEY_FILE": key], projectors: false) { service in
            try await service.ledger.log.append(
                (0..<40).map { recorded(try sampleRow("p\($0)")) }, runID: UniqueID(high: 1, low: 1))
            try await body(service, key)
        }
    }

    @Test func `the checkpoint is the signed head, and the proofs verify under it`() async throws {
        try await Self.withAudited { service, _ in
            let older = try await service.ask("/api/ledger/checkpoint")
            #expect(older.status == 200 && older.headers["content-type"] == "text/plain; charset=utf-8")
            #expect(older.headers["cache-control"]?.contains("no-store") == true)
            try await service.ledger.log.append(
                (40..<60).map { recorded(try sampleRow("p\($0)")) }, runID: UniqueID(high: 1, low: 1))
            let newer = try await service.ask("/api/ledger/checkpoint")
            let key = try await service.ledger.verifierKey()
            let from = try Checkpoint.verified(SignedNote(parsing: older.body), key)
            let to = try Checkpoint.verified(SignedNote(parsing: newer.body), key)
            let (first, last) = (activations + 40, activations + 60)
            #expect(from.size == first && to.size == last && to.extensions.isEmpty)
            let head = try await service.ask("/api/ledger/head").json()
            #expect(head["root_hash"]?.string == to.root.description && "alpha-ledger/\(head["ledger_id"]?.string ?? "")" == to.origin)

            for position in [1, 40, first, first + 1, last] {
                let proof = try await service.ask("/api/ledger/proof/inclusion?position=\(position)").json()
                let event = try await service.ask("/api/ledger/events/\(position)").json()
                let leaf = try #require(Self.digest(proof["leaf_hash"]))
                #expect(event["leaf_hash"]?.string == leaf.description && proof["size"]?.integer == last)
                #expect(
                    verifyInclusion(
                        leaf: leaf, position: position - 1, size: last, path: Self.path(proof["path"]), root: to.root))
            }
            let old = try await service.ask("/api/ledger/proof/inclusion?position=\(first)&size=\(first)").json()
            #expect(
                verifyInclusion(
                    leaf: try #require(Self.digest(old["leaf_hash"])), position: first - 1, size: first, path: Self.path(old["path"]),
                    root: from.root))
            let grown = try await service.ask("/api/ledger/proof/consistency?from=\(first)&to=\(last)").json()
            #expect(Self.digest(grown["from_root_hash"]) == from.root && Self.digest(grown["to_root_hash"]) == to.root)
            #expect(
                verifyConsistency(from: first, to: last, oldRoot: from.root, newRoot: to.root, path: Self.path(grown["path"])))
        }
    }

    @Test func `a proof that can't be is refused with a stable code`() async throws {
        try await Self.withAudited { service, _ in
            for (target, code) in [
                ("proof/inclusion", "bad_parameter"), ("proof/inclusion?position=0", "bad_parameter"),
                ("proof/inclusion?position=x", "bad_parameter"), ("proof/inclusion?position=1&position=2", "bad_parameter"),
                ("proof/inclusion?position=1&from=1", "unknown_parameter"), ("proof/inclusion?position=500", "position_unknown"),
                ("proof/inclusion?position=5&size=4", "position_unknown"), ("proof/inclusion?position=1&size=500", "position_unknown"),
                ("proof/inclusion?position=1&size=9223372036854775808", "bad_parameter"),
                ("proof/consistency?from=1", "bad_parameter"), ("proof/consistency?from=3&to=2", "bad_parameter"),
                ("proof/consistency?from=1&to=500", "position_unknown"), ("checkpoint?size=3", "unknown_parameter"),
            ] {
                let answer = try await service.ask("/api/ledger/\(target)")
                #expect(answer.status == 400, "\(target)")
                #expect(try answer.code() == code, "\(target)")
            }
        }
    }

    @Test func `a fork is a conflict that names both heads, and a spoilt key file is nobody's business`() async throws {
        try await Self.withAudited { service, keyFile in
            let signed = try Checkpoint(parsing: SignedNote(parsing: try await service.ask("/api/ledger/checkpoint").body).text)
            chmod(keyFile, 0o644)
            let unready = try await service.ask("/api/ledger/checkpoint")
            #expect(unready.status == 503 && !String(decoding: unready.body, as: UTF8.self).contains(keyFile))
            chmod(keyFile, 0o600)
            let database = try LedgerDatabase(uri: service.ledger.serviceConfiguration.uri)
            try await database.asSuperuser { session in
                try session.executeScript("UPDATE ledger.head SET ledger_id = gen_random_uuid()")
            }
            await database.close()
            let forked = try await service.ask("/api/ledger/checkpoint")
            #expect(try forked.status == 409 && forked.code() == "fork_detected")
            #expect(try forked.json()["detail"]?.string?.contains("\(signed.root)") == true)
        }
    }
}
