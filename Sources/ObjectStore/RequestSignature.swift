import Crypto
import LedgerEvents
import LedgerValues

/// The signature of a request to AWS, version 4.
///
/// Of our own, because libcurl's signer differs by version. Source: *AWS Signature Version 4 for API requests*
/// (IAM User Guide), with S3's rule that the path is encoded once.
struct RequestSignature {
    let credentials: S3Credentials
    let region: String
    var service = "s3"

    private static let algorithm = "AWS4-HMAC-SHA256"

    /// The value of the header `Authorization`.
    ///
    /// - Parameters:
    ///   - method: in upper case.
    ///   - path: encoded, beginning with a slash.
    ///   - query: names and values, not encoded, in any order.
    ///   - headers: the headers to sign, `host` and `x-amz-date` among them, in any order.
    ///   - payload: the body's SHA-256 in lower-case hex.
    ///   - time: as in `x-amz-date`, `20130524T000000Z`.
    func authorization(
        _ method: String, path: String, query: [(name: String, value: String)], headers: [(name: String, value: String)], payload: String,
        at time: String
    ) -> String {
        let signed = headers.map { (name: $0.name.lowercased(), value: $0.value) }.sorted { $0.name.isBytewiseLess(than: $1.name) }
        let names = signed.map(\.name).joined(separator: ";")
        let lines = signed.map { "\($0.name):\($0.value)\n" }.joined()
        let request = [method, path, Self.encoded(query), lines, names, payload].joined(separator: "\n")
        let date = String(time.prefix(8))
        let scope = "\(date)/\(region)/\(service)/aws4_request"
        let text = [Self.algorithm, time, scope, Digest32(sha256Of: request).description].joined(separator: "\n")
        var key = Array("AWS4\(credentials.secret)".utf8)
        for part in [date, region, service, "aws4_request"] { key = Self.code(part, key) }
        let signature = Digest32(Self.code(text, key)).description
        return "\(Self.algorithm) Credential=\(credentials.keyID)/\(scope), SignedHeaders=\(names), Signature=\(signature)"
    }

    /// A query in the order and the encoding in which it is signed and sent.
    static func encoded(_ query: [(name: String, value: String)]) -> String {
        query.map { (encoded($0.name), encoded($0.value)) }
            .sorted { $0.0.isBytewiseEqual(to: $1.0) ? $0.1.isBytewiseLess(than: $1.1) : $0.0.isBytewiseLess(than: $1.0) }
            .map { "\($0)=\($1)" }.joined(separator: "&")
    }

    /// Every byte but letters, digits, `-`, `.`, `_` and `~` as `%XX`.
    static func encoded(_ text: String, slashes: Bool = false) -> String {
        var out: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
                out.append(byte)
            case UInt8(ascii: "/") where slashes: out.append(byte)
            default:
                let digits = Array("0123456789ABCDEF".utf8)
                out += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    private static func code(_ text: String, _ key: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: SymmetricKey(data: key)))
    }
}

extension Instant {
    /// As in `x-amz-date`: `20130524T000000Z`.
    var amazonTime: String {
        String(description.prefix(19).filter { $0 != "-" && $0 != ":" }) + "Z"
    }
}
