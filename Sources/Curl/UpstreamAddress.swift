import CLibCurl

/// The target of a URL, without its path, its query and anything secret.
struct UpstreamAddress {
    /// Scheme, host and port, as in `https://example.com:8443`; a default port is omitted.
    let origin: String

    /// Reads a URL in the same way as libcurl.
    init(url: String) throws(TransportError) {
        guard let parts = curl_url() else { throw TransportError(.invalidRequest, "out of memory") }
        defer { curl_url_cleanup(parts) }
        guard !url.utf8.contains(0), curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK else {
            throw TransportError(.invalidRequest, "the upstream's URL is not a valid URL")
        }
        func part(_ name: CURLUPart) -> String? {
            var text: UnsafeMutablePointer<CChar>?
            guard curl_url_get(parts, name, &text, 0) == CURLUE_OK, let text else { return nil }
            defer { curl_free(text) }
            return String(cString: text)
        }
        guard let scheme = part(CURLUPART_SCHEME), scheme == "http" || scheme == "https" else {
            throw TransportError(.invalidRequest, "the upstream's URL is neither http nor https")
        }
        guard part(CURLUPART_USER) == nil, part(CURLUPART_PASSWORD) == nil else {
            throw TransportError(.invalidRequest, "the upstream's URL must not carry a user name or a password")
        }
        guard let host = part(CURLUPART_HOST) else {
            throw TransportError(.invalidRequest, "the upstream's URL has no host")
        }
        guard UpstreamSecurity.isSafe(scheme: scheme, host: host.lowercased()) else {
            throw TransportError(.invalidRequest, "the upstream's URL is not https: what is sent would travel in clear text")
        }
        origin = "\(scheme)://\(host)\(part(CURLUPART_PORT).map { ":\($0)" } ?? "")"
    }
}
