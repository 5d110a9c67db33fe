import Curl
import LedgerValues
import OptionTrades

/// What is asked of the feed for one page (docs/contract/alpha-feed.md, "Request").
struct FeedRequest {
    let configuration: AlphaFeedConfiguration
    let scope: ExecutionScope
    let updatedSince: Instant?
    let cursor: String?

    /// The request with its parameters in the order of the contract (docs/contract/alpha-feed.md, "Request").
    var http: HTTPRequestSpec {
        var query = "portfolioNames=\(scope.portfolios.map(Self.encoded).joined(separator: ","))"
        query += "&includePending=\(scope.includePending)&limit=\(configuration.pageLimit)"
        if let updatedSince { query += "&updatedSince=\(updatedSince)" }
        if let cursor { query += "&cursor=\(Self.encoded(cursor))" }
        // A fragment is for readers of a page and is never sent.
        let base = configuration.url.prefix { $0 != "#" }
        let separator = !base.contains("?") ? "?" : base.hasSuffix("?") || base.hasSuffix("&") ? "" : "&"
        return HTTPRequestSpec(
            url: base + separator + query,
            headers: [("Authorization", configuration.apiKey), ("Accept", "application/json")],
            timeoutSeconds: configuration.timeoutSeconds)
    }

    /// Percent-encodes all UTF-8 bytes but the unreserved ones of RFC 3986.
    static func encoded(_ text: String) -> String {
        let hexadecimal = Array("0123456789ABCDEF".utf8)
        var out: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                out.append(byte)
            default:
                out += [UInt8(ascii: "%"), hexadecimal[Int(byte >> 4)], hexadecimal[Int(byte & 15)]]
            }
        }
        return String(decoding: out, as: UTF8.self)
    }
}
