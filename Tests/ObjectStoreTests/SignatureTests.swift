import LedgerValues
import Testing

@testable import ObjectStore

@Suite("Signatures of requests to AWS")
struct SignatureTests {
    /// The example account of AWS's documentation.
    static let example = S3Credentials(keyID: "AKIAIOSFODNN7EXAMPLE", secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    static let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let method: String
        let path: String
        var query: [(name: String, value: String)] = []
        var headers: [(name: String, value: String)] = []
        var payload = SignatureTests.empty
        let signature: String

        var testDescription: String { name }
    }

    /// *Authenticating requests: using the Authorization header*, Amazon S3 API Reference.
    static let published = [
        Case(
            name: "GET object", method: "GET", path: "/test.txt", headers: [("range", "bytes=0-9")],
            signature: "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"),
        Case(
            name: "PUT object", method: "PUT", path: "/test%24file.text",
            headers: [("date", "Fri, 24 May 2013 00:00:00 GMT"), ("x-amz-storage-class", "REDUCED_REDUNDANCY")],
            payload: "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
            signature: "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"),
        Case(
            name: "GET bucket lifecycle", method: "GET", path: "/", query: [("lifecycle", "")],
            signature: "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
        Case(
            name: "GET bucket, list objects", method: "GET", path: "/", query: [("prefix", "J"), ("max-keys", "2")],
            signature: "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
    ]

    @Test(arguments: published)
    func `A request of AWS's documentation has the signature that stands there`(example: Case) {
        let signature = RequestSignature(credentials: Self.example, region: "us-east-1")
        let headers: [(name: String, value: String)] =
            [("host", "examplebucket.s3.amazonaws.com"), ("x-amz-content-sha256", example.payload), ("x-amz-date", "20130524T000000Z")]
            + example.headers
        let header = signature.authorization(
            example.method, path: example.path, query: example.query, headers: headers, payload: example.payload, at: "20130524T000000Z")
        #expect(header.hasSuffix("Signature=\(example.signature)"))
        #expect(header.hasPrefix("AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, SignedHeaders="))
    }

    /// `get-vanilla` of AWS's test suite for signature version 4.
    @Test func `The plainest request of AWS's test suite has its signature`() {
        let credentials = S3Credentials(keyID: "AKIDEXAMPLE", secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
        let header = RequestSignature(credentials: credentials, region: "us-east-1", service: "service").authorization(
            "GET", path: "/", query: [], headers: [("Host", "example.amazonaws.com"), ("X-Amz-Date", "20150830T123600Z")],
            payload: Self.empty, at: "20150830T123600Z")
        #expect(header.hasSuffix("Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"))
    }

    @Test func `Keys and queries are encoded byte by byte`() {
        #expect(RequestSignature.encoded("a/b =é~", slashes: true) == "a/b%20%3D%C3%A9~")
        #expect(RequestSignature.encoded("a/b") == "a%2Fb")
        #expect(RequestSignature.encoded([("b", "1"), ("a", "x y"), ("a", "")]) == "a=&a=x%20y&b=1")
    }

    @Test func `A time is that of the header x-amz-date`() {
        #expect(Instant("2013-05-24T00:00:00.123456Z")?.amazonTime == "20130524T000000Z")
    }
}
