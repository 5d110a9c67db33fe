import Foundation
import LedgerValues
import Testing

@testable import ObjectStore

@Suite("Settings and names of an object store")
struct S3SettingsTests {
    @Test func `A location is a bucket with a prefix`() throws {
        let location = try #require(S3Location("s3://my-bucket/exports/2026/"))
        #expect(location.bucket == "my-bucket")
        #expect(location.key("a.parquet") == "exports/2026/a.parquet")
        #expect(location.description == "s3://my-bucket/exports/2026")
        #expect(S3Location("s3://my-bucket")?.key("a") == "a")
    }

    @Test(arguments: ["s3://", "s3://ab", "s3://My-Bucket/a", "s3://bucket//a", "s3://bucket/../a", "s3://bucket/a b", "bucket/a"])
    func `Anything else is refused`(text: String) {
        #expect(S3Location(text) == nil)
    }

    private static let keys = ["AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "a secret"]

    private static func problem(_ values: [String: String]) -> String? {
        do {
            _ = try S3Settings(SettingValues(values))
            return nil
        } catch {
            return error.description
        }
    }

    @Test func `Without an endpoint it is AWS in the region, and buckets are hosts`() throws {
        let settings = try S3Settings(SettingValues(Self.keys.merging(["AWS_REGION": "eu-central-1"]) { $1 }))
        #expect(settings.host == "s3.eu-central-1.amazonaws.com")
        #expect(settings.style == .virtual)
        #expect("\(settings.credentials)" == "S3 credentials")
        var text = ""
        dump(settings, to: &text)
        #expect(!text.contains("a secret"))
    }

    @Test(arguments: [
        ("AWS_ENDPOINT_URL_S3", "http://store.example"), ("AWS_ENDPOINT_URL_S3", "https://store.example/path"),
        ("AWS_ENDPOINT_URL_S3", "https://user:word@store.example"), ("AWS_ENDPOINT_URL_S3", "store.example"), ("AWS_REGION", "eu west"),
        ("ALPHA_LEDGER_S3_STYLE", "bucket"),
    ])
    func `A value that can't be used is named, and is not repeated`(name: String, value: String) throws {
        let problem = try #require(Self.problem(Self.keys.merging([name: value]) { $1 }))
        #expect(problem.hasPrefix("\(name): expected"))
        #expect(!problem.contains("word"))
    }

    @Test func `Credentials come from a file that its owner alone can read`() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "credentials-\(UInt64.random(in: 0...UInt64.max))").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let text = "[other]\naws_access_key_id = no\n\n[default]\n# a comment\naws_access_key_id = id\naws_secret_access_key=se=cret\n"
        try Data(text.utf8).write(to: URL(filePath: path))
        #expect(chmod(path, 0o644) == 0)
        #expect(Self.problem(["AWS_SHARED_CREDENTIALS_FILE": path])?.contains("0600") == true)
        #expect(chmod(path, 0o600) == 0)
        let settings = try S3Settings(SettingValues(["AWS_SHARED_CREDENTIALS_FILE": path]))
        #expect(settings.credentials.keyID == "id")
        #expect(settings.credentials.secret == "se=cret")
        #expect(Self.problem(["AWS_SHARED_CREDENTIALS_FILE": path, "AWS_PROFILE": "other"])?.contains("[other]") == true)
        #expect(Self.problem([:])?.hasPrefix("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY") == true)
    }
}
