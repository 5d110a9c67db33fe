/// Who may ask what (docs/contract/http-api.md, "Who may ask").
///
/// With a read key, GETs need it or the admin key. Without one, only a loopback peer that names a loopback host and
/// came through no proxy is answered: a page in the operator's browser can't reach it by rebinding a name. POSTs need
/// the admin key always.
struct AccessPolicy: Sendable {
    let readKey: String?
    let adminKey: String?
    let failures: AuthenticationFailures

    /// As whom a request is answered; what the audit log calls it.
    enum Caller: String {
        /// By a path that is open to this host.
        case open
        /// A program of this host, where no read key is configured.
        case local
        case reader
        case administrator
    }

    private static let open: Set<String> = ["/healthz", "/readyz", "/metrics"]
    private static let forwarding: Set<String> = ["forwarded", "via", "x-real-ip"]

    /// Throws `Problem` where the request is not to be answered; a wrong key counts against its address.
    func check(_ request: APIRequest) throws(Problem) -> Caller {
        let isLocal = Self.isLocal(request)
        if Self.open.contains(request.path) && isLocal { return .open }
        guard request.headers["authorization"] != nil else { return try caller(of: request, isLocal: isLocal) }
        if let seconds = failures.wait(request.peer) { throw Problem.tooManyFailures(waitSeconds: seconds) }
        do throws(Problem) {
            return try caller(of: request, isLocal: isLocal)
        } catch {
            if error.code == .unauthorized { failures.count(request.peer) }
            throw error
        }
    }

    /// Throws where the peer is not answered, whatever it asks.
    func checkPeer(_ request: APIRequest) throws(Problem) {
        try checkPeer(isLocal: Self.isLocal(request))
    }

    private func checkPeer(isLocal: Bool) throws(Problem) {
        if readKey == nil && !isLocal {
            throw Problem(.forbidden, "without a read key the service answers on loopback only")
        }
    }

    private func caller(of request: APIRequest, isLocal: Bool) throws(Problem) -> Caller {
        try checkPeer(isLocal: isLocal)
        let key = try bearer(request)
        // Methods that no route has get no further than a 405: what they would need is the reader's business only.
        if request.method != "POST" {
            let isAdministrator = key.flatMap { key in adminKey.map { Self.areEqual($0, key) } } ?? false
            guard let readKey else {
                if key != nil && !isAdministrator { throw Problem(.unauthorized, "the key is not valid") }
                return isAdministrator ? .administrator : .local
            }
            let isReader = key.map { Self.areEqual(readKey, $0) } ?? false
            if isAdministrator { return .administrator }
            if isReader { return .reader }
            throw Problem(.unauthorized, "a read key is needed: Authorization: Bearer <key>")
        }
        guard let adminKey else {
            throw Problem(.adminKeyNotConfigured, "no admin key is configured (ALPHA_LEDGER_ADMIN_KEY)")
        }
        guard let key, Self.areEqual(adminKey, key) else {
            // Nobody guessed: the key is right, and may not do this.
            if let key, let readKey, Self.areEqual(readKey, key) {
                throw Problem(.forbidden, "the read key only reads; the admin key is needed")
            }
            throw Problem(.unauthorized, "the admin key is needed: Authorization: Bearer <key>")
        }
        return .administrator
    }

    /// Whether a program on this host asks, by a name of this host, and nobody passed the request on.
    private static func isLocal(_ request: APIRequest) -> Bool {
        guard request.isFromLoopback, let hosts = request.headers["host"], hosts.count == 1, isLoopback(host: hosts[0])
        else { return false }
        return request.headers.keys.allSatisfy { !forwarding.contains($0) && !$0.hasPrefix("x-forwarded-") }
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

    /// `localhost`, `127.x.y.z` or `[::1]`, with a port or without.
    static func isLoopback(host: String) -> Bool {
        var name = host.lowercased()[...]
        let afterAddress = name.hasPrefix("[") ? name.firstIndex(of: "]") : name.startIndex
        if let afterAddress, let colon = name[afterAddress...].firstIndex(of: ":") {
            guard name[colon...].dropFirst().allSatisfy({ ("0"..."9").contains($0) }) else { return false }
            name = name[..<colon]
        }
        if name == "localhost" || name == "[::1]" { return true }
        return !name.contains(":") && isLoopback(address: String(name))
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
