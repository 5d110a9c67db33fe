import API
import Curl
import Foundation
import LedgerNotes
import LedgerValues
import LedgerWitness
import Logging
import Operations
import TestSupport
import Testing

/// A witness that serves on loopback while a test runs.
func withWitness<T>(
    _ path: String, _ policy: WitnessPolicy, bodySeconds: Double = 10, _ body: (_ url: String) async throws -> T
) async throws -> T {
    let server = WitnessServer(try WitnessDirectory(path, policy), bodySeconds: bodySeconds, logger: quietLogger)
    let (ports, found) = AsyncStream.makeStream(of: Int.self)
    let running = Task { try await server.run(host: "127.0.0.1", port: 0) { found.yield($0) } }
    var port = 0
    for await bound in ports {
        port = bound
        break
    }
    let result: Result<T, any Error>
    do { result = .success(try await body("http://127.0.0.1:\(port)")) } catch { result = .failure(error) }
    running.cancel()
    _ = await running.result
    return try result.get()
}

let quietLogger: Logger = {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    return logger
}()

@Suite(.serialized) struct WitnessServerTests {
    @Test func `every answer over HTTP, and bodies that are too long`() async throws {
        let path = try temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let log = try WitnessedLog(40)
        let key = try WitnessDirectory.initialize(path + "/w", name: "witness.example/w")
        try await withWitness(path + "/w", try log.policy()) { url in
            let curl = CurlTransport()
            func post(_ body: [UInt8]) async throws -> HTTPResponse {
                try await curl.send(HTTPRequestSpec(.post(body), url: url + "/add-checkpoint"))
            }
            let hash = Digest32(sha256Of: Array("log.example/one".utf8)).description
            func get(_ path: String) async throws -> HTTPResponse { try await curl.get(HTTPRequestSpec(url: url + path)) }
            #expect(try await get("/\(hash)/checkpoint").status == 404)
            let first = try await post(try log.request(0, 7))
            #expect(first.status == 200)
            let note = try log.note(7).adding(try SignedNote.signatures(parsing: first.body))
            #expect(try key.time(in: note) != nil)
            let conflict = try await post(try log.request(3, 9))
            #expect(conflict.status == 409 && conflict.header("Content-Type") == "text/x.tlog.size" && conflict.body == Array("7\n".utf8))
            #expect(try await post(try log.request(7, 40)).status == 200)
            #expect(try await post(try WitnessedLog(40, branch: (20, "x")).request(40, 40)).status == 422)
            #expect(try await post(try WitnessedLog(3, name: "log.example/two").request(0, 3)).status == 404)
            #expect(try await post(Array("old 50\n\n".utf8) + log.note(40).bytes).status == 400)
            #expect(try await post([UInt8](repeating: 0x0a, count: 300_000)).status == 413)
            for (path, status) in [("/add-checkpoint", 405), ("/", 404), ("/x/checkpoint", 404)] {
                #expect(try await get(path).status == status, "\(path)")
            }
            let kept = try SignedNote(parsing: try await get("/\(hash)/checkpoint").body)
            #expect(try Checkpoint(parsing: kept.text).size == 40 && key.time(in: kept) != nil && kept.signatures.count == 2)
        }
    }
}
