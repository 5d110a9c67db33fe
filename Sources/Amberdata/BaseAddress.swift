import Curl

/// The address below which Amberdata is asked: pages elsewhere are never followed, since the key would travel.
struct BaseAddress: Sendable {
    private let parts: Parts
    /// Without a slash at its end.
    private let path: String

    /// Throws where the text is no address that the key may be sent to.
    init(_ text: String) throws(AmberdataError) {
        guard let parts = Parts(text), parts.rest.isEmpty, !Self.leadsElsewhere(parts.path) else {
            throw .configuration("AMBERDATA_BASE_URL: expected an http or https URL without user, query and fragment")
        }
        guard UpstreamSecurity.isSafe(scheme: parts.scheme, host: parts.host) else {
            throw .configuration("AMBERDATA_BASE_URL: expected https: the key travels in clear text otherwise")
        }
        self.parts = parts
        path = parts.path.hasSuffix("/") ? String(parts.path.dropLast()) : parts.path
    }

    var url: String {
        "\(parts.scheme)://\(parts.host)\(parts.port == Parts.usualPort(parts.scheme) ? "" : ":\(parts.port)")\(path)"
    }

    /// Whether a full URL leads to the same server, below the same path.
    func covers(_ text: String) -> Bool {
        guard let other = Parts(text), other.scheme == parts.scheme, other.host == parts.host, other.port == parts.port
        else { return false }
        return other.path.hasPrefix(path + "/") && !Self.leadsElsewhere(other.path)
    }

    /// Whether a path has dots or escapes by which a client or a server may leave it.
    private static func leadsElsewhere(_ path: String) -> Bool {
        let lowered = path.lowercased()
        return ["..", "/./", "\\", "%2e", "%2f", "%5c", "%25"].contains { lowered.contains($0) }
    }
}

/// An http or https URL in parts.
private struct Parts {
    /// In lower case, as the host is.
    let scheme: String
    let host: String
    /// The usual one where none is written.
    let port: UInt16
    let path: String
    /// From the question mark or the number sign on.
    let rest: String

    /// Nil for anything but an http or https URL of printable ASCII without user information.
    init?(_ text: String) {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }), let colon = text.firstIndex(of: ":") else { return nil }
        scheme = text[..<colon].lowercased()
        guard scheme == "http" || scheme == "https" else { return nil }
        let after = text[text.index(after: colon)...]
        guard after.hasPrefix("//") else { return nil }
        let body = after.dropFirst(2)
        let end = body.firstIndex { "/?#".contains($0) } ?? body.endIndex
        guard let (host, port) = Self.hostAndPort(body[..<end].lowercased(), Self.usualPort(scheme)) else {
            return nil
        }
        (self.host, self.port) = (host, port)
        let tail = body[end...]
        let pathEnd = tail.firstIndex { "?#".contains($0) } ?? tail.endIndex
        path = String(tail[..<pathEnd])
        rest = String(tail[pathEnd...])
    }

    static func usualPort(_ scheme: String) -> UInt16 { scheme == "https" ? 443 : 80 }

    private static func hostAndPort(_ authority: String, _ usual: UInt16) -> (String, UInt16)? {
        let host: Substring
        if authority.hasPrefix("[") {
            guard let bracket = authority.firstIndex(of: "]") else { return nil }
            host = authority[...bracket]
            let isAddress = host.dropFirst().dropLast().allSatisfy { $0.isHexDigit || $0 == ":" || $0 == "." }
            guard host.count > 2, isAddress else { return nil }
        } else {
            host = authority.prefix { $0 != ":" }
            guard !host.isEmpty, host.allSatisfy({ $0.isLetter || $0.isNumber || "-._".contains($0) }) else {
                return nil
            }
        }
        let rest = authority[host.endIndex...]
        if rest.isEmpty { return (String(host), usual) }
        guard rest.first == ":", rest.dropFirst().allSatisfy(\.isNumber), let port = UInt16(rest.dropFirst()), port > 0
        else { return nil }
        return (String(host), port)
    }
}
