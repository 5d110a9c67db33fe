/// Who may ask what (spec 1, section 8).
///
/// With a read key, GETs need it or the admin key. Without one, only a loopback peer that names a loopback host and
/// came through no proxy is answered: a page in the operator's browser can't reach it by rebinding a name. POSTs need
/// the admin key always.
struct AccessPolicy: Sendable {
    let readKey: String?
    let adminKey: String?

    private static let open: Set<String> = ["/healthz", "/readyz", "/metrics"]
    private static let forwarding = [
        "forwarded", "via", "x-real-ip", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-port",
        "x-forwarded-server",
    ]

    func check(_ request: APIRequest) throws(Problem) {
        let isLocal =
            request.isFromLoopback && Self.isLoopback(host: request.header("host"))
            && Self.forwarding.allSatisfy { request.headers[$0] == nil }
        if Self.open.contains(request.path) && isLocal { return }
        if readKey == nil && !isLocal {
            throw Problem(.forbidden, "without a read key the service answers on loopback only")
        }
        let key = try bearer(request)
        if request.method == "GET" || request.method == "HEAD" {
            guard let readKey else {
                if let key, adminKey.map({ Self.areEqual($0, key) }) != true { throw Problem(.unauthorized, "the key is not valid") }
                return
            }
            guard let key, Self.areEqual(readKey, key) || adminKey.map({ Self.areEqual($0, key) }) == true else {
                throw Problem(.unauthorized, "a read key is needed: Authorization: Bearer <key>")
            }
            return
        }
        guard let adminKey else {
            throw Problem(.adminKeyNotConfigured, "no admin key is configured (ALPHA_LEDGER_ADMIN_KEY)")
        }
        guard let key, Self.areEqual(adminKey, key) else {
            throw Problem(.unauthorized, "the admin key is needed: Authorization: Bearer <key>")
        }
    }

    private func bearer(_ request: APIRequest) throws(Problem) -> String? {
        guard let values = request.headers["authorization"] else { return nil }
        let prefix = "bearer "
        guard values.count == 1, let value = values.first, value.utf8.count > prefix.utf8.count,
            value.prefix(prefix.count).lowercased() == prefix
        else { throw Problem(.unauthorized, "expected Authorization: Bearer <key>") }
        return String(value.dropFirst(prefix.count))
    }

    /// Takes as long for a wrong key as for a right one of the same length.
    static func areEqual(_ expected: String, _ given: String) -> Bool {
        let left = Array(expected.utf8)
        let right = Array(given.utf8)
        var difference = left.count ^ right.count
        for index in right.indices { difference |= Int(right[index] ^ left[index % max(left.count, 1)]) }
        return difference == 0 && !left.isEmpty
    }

    static func isLoopback(host: String?) -> Bool {
        guard var name = host?.lowercased()[...] else { return false }
        if name.hasPrefix("[") {
            guard let end = name.firstIndex(of: "]") else { return false }
            return name[...end] == "[::1]"
        }
        if let colon = name.firstIndex(of: ":") { name = name[..<colon] }
        return isLoopback(address: String(name)) || name == "localhost"
    }

    /// 127.0.0.0/8 and ::1, also as an IPv4-mapped address.
    static func isLoopback(address: String) -> Bool {
        var address = address[...]
        if address == "::1" { return true }
        if address.hasPrefix("::ffff:") { address = address.dropFirst(7) }
        let parts = address.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
