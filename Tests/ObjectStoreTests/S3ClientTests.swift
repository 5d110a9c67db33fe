import Curl
import Foundation
import LedgerValues
import LoopbackServer
import Synchronization
import TestSupport
import Testing

@testable import ObjectStore

@Suite("Objects in S3", .timeLimit(.minutes(3)))
struct S3ClientTests {
    private static func client(_ server: ObjectServer, secret: String = ObjectServer.secret) throws -> S3Client {
        let credentials = S3Credentials(keyID: ObjectServer.keyID, secret: secret)
        let settings = try S3Settings(credentials: credentials, region: ObjectServer.region, endpoint: server.url)
        return S3Client(settings, bucket: ObjectServer.bucket, partSize: 5 << 20)
    }

    static func file(_ count: Int, seed: UInt8) throws -> String {
        let path = FileManager.default.temporaryDirectory.appending(path: "object-\(UInt64.random(in: 0...UInt64.max))").path
        try Data((0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 / 977) &+ seed }).write(to: URL(filePath: path))
        return path
    }

    static func error(_ body: () async throws(S3Error) -> Void) async -> S3Error? {
        do throws(S3Error) {
            try await body()
            return nil
        } catch {
            return error
        }
    }

    @Test(.enabled(if: motoPython != nil, "no Python with moto: run scripts/python-tools"))
    func `Objects are written once, in parts if they are long, and read back`() async throws {
        let server = try ObjectServer()
        let client = try Self.client(server)
        let key = "a/by_name=x%20y/é (1).parquet"

        try await client.put(Array("hello".utf8), key)
        #expect(try await client.get(key) == Array("hello".utf8))
        #expect(try await client.get(key, range: 1..<3) == Array("el".utf8))
        try await client.put(Array("hello".utf8), key)
        #expect(
            await Self.error { () async throws(S3Error) in try await client.put(Array("other".utf8), key) }
                == .exists("s3://exports/\(key)"))
        #expect(try await client.get(key) == Array("hello".utf8))

        let long = try Self.file(11 << 20 + 3, seed: 1)
        defer { try? FileManager.default.removeItem(atPath: long) }
        try await client.put(file: long, "a/long")
        try await client.put(file: long, "a/long")
        let digest = try await client.digest(of: "a/long")
        #expect(digest.size == 11 << 20 + 3)
        #expect(digest.sha256 == (try LocalFile(long).digest()))
        let other = try Self.file(11 << 20 + 3, seed: 2)
        defer { try? FileManager.default.removeItem(atPath: other) }
        #expect(
            await Self.error { () async throws(S3Error) in try await client.put(file: other, "a/long") } == .exists("s3://exports/a/long"))

        #expect(try await client.list("a/").map(\.key) == [key, "a/long"])
        #expect(try await client.size(of: "a/none") == nil)
        #expect(await Self.error { () async throws(S3Error) in _ = try await client.get("a/none") } == .absent("s3://exports/a/none"))
        let stranger = try Self.client(server, secret: "another")
        let refusal = await Self.error { () async throws(S3Error) in _ = try await stranger.list("") }
        #expect(refusal == .refused(status: 403, code: "SignatureDoesNotMatch", what: "the list of s3://exports/"))
    }

    // MARK: A store that fails

    private static func client(_ url: String, partSize: Int = 8 << 20) throws -> S3Client {
        var retries = RetryPolicy(random: { 0 }, sleep: { _ in })
        retries.retriesServerErrors = true
        retries.maximumLostConnectionRetries = 4
        let settings = try S3Settings(credentials: S3Credentials(keyID: "id", secret: "a secret", token: "a token"), endpoint: url)
        return S3Client(settings, bucket: "bucket", partSize: partSize, retries: retries)
    }

    @Test func `An answer that is lost after the effect is no error, if the bytes are there`() async throws {
        let puts = Mutex(0)
        let server = try LoopbackServer { request in
            if request.method != "PUT" {
                return .response(status: request.method == "HEAD" ? 200 : 206, headers: [], body: Array("hello".utf8))
            }
            let number = puts.withLock { number in
                number += 1
                return number
            }
            return number == 1 ? .steps([.reset]) : .response(status: 412, headers: [], body: [])
        }
        let client = try Self.client(server.url)
        let failure = await Self.error { () async throws(S3Error) in try await client.put(Array("hello".utf8), "key") }
        #expect(failure == nil)
        #expect(puts.withLock { $0 } == 2)
        #expect(server.requests.allSatisfy { $0.header("x-amz-security-token") == "a token" })
    }

    @Test func `Bytes that read back otherwise are an error`() async throws {
        let server = try LoopbackServer { request in
            .response(
                status: request.method == "GET" ? 206 : 200, headers: [], body: request.method == "PUT" ? [] : Array("hellO".utf8))
        }
        let failure = await Self.error { () async throws(S3Error) in
            try await Self.failing(server.url).put(Array("hello".utf8), "key")
        }
        #expect(failure == .differs("s3://bucket/key", problem: "does not read back as it was written"))
    }

    private static func failing(_ url: String) throws(S3Error) -> S3Client {
        guard let client = try? client(url, partSize: 5) else { throw .unreadable(what: "the settings") }
        return client
    }

    @Test func `Of an upload that fails the parts are taken back, and a server's errors are asked again`() async throws {
        let path = try Self.file(9, seed: 0)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let server = try LoopbackServer { request in
            if request.target.hasSuffix("?uploads=") {
                return .response(status: 200, headers: [], body: Array("<R><UploadId>u&amp;1</UploadId></R>".utf8))
            }
            if request.target.contains("partNumber=2") {
                return .response(status: 500, headers: [], body: Array("<Error><Code>InternalError</Code></Error>".utf8))
            }
            if request.target.contains("partNumber=1") { return .response(status: 200, headers: [("ETag", "\"1\"")], body: []) }
            return .response(status: 404, headers: [], body: [])
        }
        let failure = await Self.error { () async throws(S3Error) in try await Self.failing(server.url).put(file: path, "key") }
        #expect(failure == .refused(status: 500, code: "InternalError", what: "writing part 2 of s3://bucket/key"))
        let targets = server.requests.map(\.target)
        #expect(targets.filter { $0.contains("partNumber=2") }.count == 6)
        #expect(targets.last == "/bucket/key?uploadId=u%261")
    }

    @Test func `A list is read to its end, and one that can't be read is an error`() async throws {
        let server = try LoopbackServer { request in
            if request.target.contains("prefix=broken") {
                return .response(status: 200, headers: [], body: Array("<L><IsTruncated>true</IsTruncated></L>".utf8))
            }
            let isFirst = !request.target.contains("continuation-token")
            let tail = isFirst ? "<IsTruncated>true</IsTruncated><NextContinuationToken>t+1</NextContinuationToken>" : ""
            let object = "<Contents><Key>\(isFirst ? "a&amp;" : "b")</Key><Size>\(isFirst ? 1 : 2)</Size></Contents>"
            return .response(status: 200, headers: [], body: Array("<L>\(object)\(tail)</L>".utf8))
        }
        let client = try Self.client(server.url)
        #expect(try await client.list("a") == [.init(key: "a&", size: 1), .init(key: "b", size: 2)])
        #expect(server.requests.last?.target.contains("continuation-token=t%2B1") == true)
        #expect(
            await Self.error { () async throws(S3Error) in _ = try await client.list("broken") }
                == .unreadable(what: "the list of s3://bucket/broken"))
    }
}
