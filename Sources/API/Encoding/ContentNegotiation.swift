import LedgerValues

/// The choice of an answer's encoding (RFC 9110, sections 12.5.3 and 8.8.3).
enum ContentNegotiation {
    /// Smaller bodies are sent uncompressed, because they fit into one packet anyway.
    static let smallestCompressedBytes = 1024
    /// The suffix of the compressed bytes' tag. A strong tag identifies exact bytes, so the two forms need different tags.
    private static let tagSuffix = "-gzip"

    /// Whether a client accepts gzip: it names gzip or everything, with a weight other than 0.
    static func acceptsGzip(_ request: APIRequest) -> Bool {
        guard let values = request.headers["accept-encoding"] else { return false }
        var wildcard = false
        for part in values.joined(separator: ",").split(separator: ",") {
            let pieces = part.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
            guard let name = pieces.first else { continue }
            let weight = pieces.dropFirst().first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) } ?? 1
            if name == "gzip" || name == "x-gzip" { return weight > 0 }
            if name == "*" { wildcard = weight > 0 }
        }
        return wildcard
    }

    /// Whether a client prefers a page to JSON, as a browser does when it opens an address.
    static func prefersPage(_ request: APIRequest) -> Bool { prefers("text/html", request) }

    /// Whether a client prefers CSV to JSON.
    static func prefersCSV(_ request: APIRequest) -> Bool { prefers("text/csv", request) }

    /// Whether a client that reads names a type, with a greater weight than JSON if it names JSON too.
    private static func prefers(_ type: String, _ request: APIRequest) -> Bool {
        guard request.method == "GET" || request.method == "HEAD", let values = request.headers["accept"] else { return false }
        var weights: [String: Double] = [:]
        for part in values.joined(separator: ",").split(separator: ",") {
            let pieces = part.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
            guard let type = pieces.first else { continue }
            weights[type] = pieces.dropFirst().first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) } ?? 1
        }
        let json = max(weights["application/json"] ?? 0, weights["application/problem+json"] ?? 0)
        return (weights[type] ?? 0) > json
    }

    /// The answer in the form for the client: a 304 if the client has the bytes already, else compressed if that is
    /// worthwhile.
    static func negotiated(_ response: APIResponse, for request: APIRequest) -> APIResponse {
        guard response.stream == nil, isCompressible(response) else { return unlessKnown(response, request) }
        var response = response
        response.headers.append(("Vary", "Accept-Encoding"))
        let fresh = unlessKnown(response, request)
        guard fresh.status == response.status, response.body.count >= smallestCompressedBytes, acceptsGzip(request),
            let compressed = response.compressed ?? Gzip.compress(response.body)
        else { return fresh }
        response.body = compressed
        response.headers.append(("Content-Encoding", "gzip"))
        if let index = response.headers.firstIndex(where: { $0.name == "ETag" }) {
            response.headers[index].value = suffixed(response.headers[index].value)
        }
        return response
    }

    private static func isCompressible(_ response: APIResponse) -> Bool {
        if response.isCompressible { return true }
        guard let type = response.headers.first(where: { $0.name == "Content-Type" })?.value else { return false }
        return type.hasPrefix("text/") || type.hasPrefix("application/json") || type.hasSuffix("+json")
            || type.hasPrefix("application/yaml") || type.hasPrefix("image/svg")
    }

    /// Answers 304 if the client has these bytes already, compressed or not.
    private static func unlessKnown(_ response: APIResponse, _ request: APIRequest) -> APIResponse {
        guard response.status == 200, let tag = response.headers.first(where: { $0.name == "ETag" })?.value,
            let known = request.headers["if-none-match"]
        else { return response }
        // The comparison is weak (RFC 9110), because a proxy may have put a `W/` before the tag.
        let tags = known.joined(separator: ",").split(separator: ",").map { part in
            opaque(part.filter { $0 != " " && $0 != "\t" })
        }
        let variants = [tag, suffixed(tag)]
        let match = variants.first { variant in tags.contains { $0.isBytewiseEqual(to: opaque(variant)) } }
        guard let match = match ?? (tags.contains("*") ? tag : nil) else { return response }
        let headers = response.headers.filter { !["Content-Type", "ETag"].contains($0.name) } + [("ETag", match)]
        return APIResponse(status: 304, headers: headers, body: [])
    }

    /// A tag without its weakness marker.
    private static func opaque(_ tag: String) -> String { tag.hasPrefix("W/") ? String(tag.dropFirst(2)) : tag }

    /// `"abc"` → `"abc-gzip"`
    private static func suffixed(_ tag: String) -> String {
        tag.hasSuffix("\"") ? "\(tag.dropLast())\(tagSuffix)\"" : tag
    }
}
