package import Curl
import LedgerJSON
import LedgerValues
import OptionTrades

/// A client of Alpaca's trading and data interfaces.
package struct AlpacaClient: Sendable {
    /// Sends a request once, whatever it is.
    package typealias Send = @Sendable (HTTPRequestSpec) async throws(TransportError) -> HTTPResponse

    let settings: AlpacaSettings
    private let send: Send
    /// The most pages that one question may have.
    static let maximumPages = 200

    package init(_ settings: AlpacaSettings, send: @escaping Send) {
        self.settings = settings
        self.send = send
    }

    package init(_ settings: AlpacaSettings) {
        let transport = CurlTransport(upstream: "alpaca")
        self.init(settings) { (request) async throws(TransportError) in try await transport.send(request) }
    }

    // MARK: - Requests

    private var headers: [(name: String, value: String)] {
        [("APCA-API-KEY-ID", settings.keyID), ("APCA-API-SECRET-KEY", settings.secret), ("Accept", "application/json")]
    }

    func request(
        _ method: HTTPRequestSpec.Method, _ base: String, _ path: String, _ query: [(String, String)] = [], timeoutSeconds: Double = 10
    ) async throws(TransportError) -> HTTPResponse {
        var url = base + path
        for (index, (name, value)) in query.enumerated() { url += "\(index == 0 ? "?" : "&")\(name)=\(Self.escaped(value))" }
        var headers = headers
        if case .post = method { headers.append(("Content-Type", "application/json")) }
        return try await send(
            HTTPRequestSpec(method, url: url, headers: headers, timeoutSeconds: timeoutSeconds, maximumBodyBytes: 16 << 20))
    }

    /// The answer to a question, if it is a 200 with JSON; nil for a 404.
    func question(
        _ base: String, _ path: String, _ query: [(String, String)] = []
    ) async throws(BrokerFailure) -> (response: HTTPResponse, root: JSONValue)? {
        let response: HTTPResponse
        do throws(TransportError) {
            response = try await request(.get, base, path, query)
        } catch {
            throw BrokerFailure(.unreachable, error.message)
        }
        if response.status == 404 { return nil }
        guard response.status == 200 else { throw failure(response, path) }
        guard let document = try? JSONDocument(parsing: response.body) else {
            throw BrokerFailure(.malformed, "\(path): the answer is no JSON")
        }
        return (response, document.root)
    }

    /// The answer to a question that always has one.
    func answer(_ base: String, _ path: String, _ query: [(String, String)] = []) async throws(BrokerFailure) -> JSONValue {
        guard let found = try await question(base, path, query) else {
            throw BrokerFailure(.malformed, "\(path): the broker knows no such path or symbol")
        }
        return found.root
    }

    func failure(_ response: HTTPResponse, _ path: String) -> BrokerFailure {
        switch response.status {
        case 401: BrokerFailure(.unauthorized, "the broker does not accept the credentials")
        case 429:
            BrokerFailure(.rateLimited, "the broker takes no more requests now", retryAfterSeconds: Self.resetSeconds(response))
        case 500...599: BrokerFailure(.unreachable, "\(path): the broker answered with \(response.status)")
        default: BrokerFailure(.malformed, "\(path): the broker answered with \(response.status)")
        }
    }

    /// The seconds to wait by the headers of an answer: its `Retry-After`, else until the limit's reset; 60 without them.
    static func resetSeconds(_ response: HTTPResponse) -> Double {
        if let asked = response.header("Retry-After").flatMap({ RetryPolicy().seconds(ofRetryAfter: $0) }) {
            return min(max(1, asked), 300)
        }
        guard let reset = response.header("X-RateLimit-Reset").flatMap({ Int64($0) }), let date = Wire.httpDate(response.header("Date"))
        else { return 60 }
        return min(max(1, Double(reset) - Double(date.microseconds) / 1_000_000), 300)
    }

    /// A query's value, percent-encoded.
    static func escaped(_ text: String) -> String {
        var out = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "~"):
                out.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let hex = String(byte, radix: 16, uppercase: true)
                out += hex.utf8.count == 1 ? "%0\(hex)" : "%\(hex)"
            }
        }
        return out
    }
}

/// The largest message of a broker that is kept.
let longestMessage = 300

extension String {
    /// At most ``longestMessage`` characters, without controls.
    var asMessage: String {
        let plain = String(unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7f ? " " : Character($0) })
        return plain.isEmpty ? "no message" : String(plain.prefix(longestMessage))
    }
}
