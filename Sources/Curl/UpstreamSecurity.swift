/// The one rule for all upstreams about where a key may be sent.
package enum UpstreamSecurity {
    /// Whether requests may be sent to a host: over https, or to this machine itself.
    ///
    /// - Parameters:
    ///   - scheme: `http` or `https`.
    ///   - host: in lower case; an IPv6 address in brackets.
    package static func isSafe(scheme: String, host: String) -> Bool { scheme == "https" || isLoopback(host) }

    /// Throws unless requests may be sent to a URL: an http or https URL without credentials, over https or to this machine.
    package static func check(_ url: String) throws(TransportError) { _ = try UpstreamAddress(url: url) }

    /// Whether the host is this machine, whatever name servers say.
    private static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "[::1]" { return true }
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false)
        return numbers.count == 4 && numbers[0] == "127"
            && numbers.allSatisfy { $0.utf8.allSatisfy { 0x30...0x39 ~= $0 } && $0.utf8.count <= 3 && UInt8($0) != nil }
    }
}
