/// The address below which Amberdata is asked: pages elsewhere are never followed, since the key would travel.
struct BaseAddress: Sendable {
    let scheme: String
    /// Host and port in lower case, a usual port left out.
    let authority: String
    /// Without a slash at its end.
    let path: String

    /// Throws where the text is no address that the key may be sent to.
    init(_ text: String) throws(AmberdataError) {
        guard let parts = Parts(text), parts.rest.isEmpty else {
            throw .configuration("AMBERDATA_BASE_URL: expected an http or https URL without user, query and fragment")
        }
        guard parts.scheme == "https" || Self.isLoopback(parts.authority) else {
            throw .configuration("AMBERDATA_BASE_URL: expected https: the key travels in clear text otherwise")
        }
        scheme = parts.scheme
        authority = parts.authority
        path = parts.path.hasSuffix("/") ? String(parts.path.dropLast()) : parts.path
    }

    var url: String { "\(scheme)://\(authority)\(path)" }

    /// Whether a full URL leads to the same server, below the same path.
    func covers(_ text: String) -> Bool {
        guard let parts = Parts(text), parts.scheme == scheme, parts.authority == authority else { return false }
        let lowered = parts.path.lowercased()
        if lowered.contains("/..") || lowered.contains("%2e") || lowered.contains("\\") { return false }
        return parts.path.hasPrefix(path + "/")
    }

    private static func isLoopback(_ authority: String) -> Bool {
        let host = authority.hasPrefix("[") ? String(authority.prefix { $0 != "]" }) + "]" : String(authority.prefix { $0 != ":" })
        return host == "localhost" || host == "[::1]" || host.hasPrefix("127.")
            && host.split(separator: ".", omittingEmptySubsequences: false).count == 4
            && host.utf8.allSatisfy { $0 == UInt8(ascii: ".") || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
    }

    private struct Parts {
        let scheme: String
        let authority: String
        let path: String
        /// From the question mark or the number sign on.
        let rest: String

        /// Nil for anything but an http or https URL without user information and odd bytes.
        init?(_ text: String) {
            guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }), let colon = text.firstIndex(of: ":") else { return nil }
            scheme = text[..<colon].lowercased()
            guard scheme == "http" || scheme == "https" else { return nil }
            let after = text[text.index(after: colon)...]
            guard after.hasPrefix("//") else { return nil }
            let body = after.dropFirst(2)
            let end = body.firstIndex { "/?#".contains($0) } ?? body.endIndex
            var authority = body[..<end].lowercased()
            guard !authority.isEmpty, !authority.contains("@"), !authority.contains("\\") else { return nil }
            let usual = scheme == "https" ? ":443" : ":80"
            if authority.hasSuffix(usual) { authority.removeLast(usual.count) }
            self.authority = authority
            let tail = body[end...]
            let pathEnd = tail.firstIndex { "?#".contains($0) } ?? tail.endIndex
            path = String(tail[..<pathEnd])
            rest = String(tail[pathEnd...])
        }
    }
}
