import LedgerValues
import Operations

/// Who may ask what (docs/contract/http-api.md, "Who may ask").
///
/// With a read key, a GET needs that key or the admin key. Without a read key, only loopback peers are answered, and
/// only if they name a loopback host and use no proxy. A page in the operator's browser therefore cannot reach the
/// service by DNS rebinding. A POST always needs the admin key, except that one about trading needs the trade key.
struct AccessPolicy: Sendable {
    let readKey: String?
    let adminKey: String?
    let tradeKey: String?
    /// The keys of people and programs, beside the three above.
    let named: NamedKeys
    /// Wrong keys. An address with an empty bucket is refused before its key is checked, so that a right guess among wrong
    /// ones reveals nothing.
    let failures: AddressBuckets
    /// The parts of the open log that need no key; nil if all do.
    let publicTiles: TileContent?
    /// The requests for these parts.
    let publicRequests: AddressBuckets

    /// The caller of a request, as named in the audit log.
    enum Caller: String {
        /// Any program on this host, on a path open to the host.
        case open
        /// A program on this host, in a service without a read key.
        case local
        /// Anybody, on a path open to everybody.
        case anyone
        case reader
        /// Reads, and trades.
        case trader
        case administrator
    }

    /// Whether a GET needs a key.
    private var needsKey: Bool { readKey != nil || !named.isEmpty }

    /// Who sent a request, by the name of its key. Nil for a key without a name, and without a key.
    func actor(of request: APIRequest) -> String? {
        guard !named.isEmpty, let key = try? bearer(request) else { return nil }
        return named.key(key)?.name
    }

    /// What a key permits. Nil for a key that nobody has.
    private func right(of key: String) -> Caller? {
        if let adminKey, Self.areEqual(adminKey, key) { return .administrator }
        if let tradeKey, Self.areEqual(tradeKey, key) { return .trader }
        if let readKey, Self.areEqual(readKey, key) { return .reader }
        switch named.key(key)?.role {
        case .admin: return .administrator
        case .trade: return .trader
        case .read: return .reader
        case nil: return nil
        }
    }

    private static let open: Set<String> = ["/healthz", "/readyz", "/metrics"]
    private static let forwarding: Set<String> = ["forwarded", "via", "x-real-ip"]

    /// Throws `Problem` if the request must not be answered. A wrong key counts against its address.
    func check(_ request: APIRequest) throws(Problem) -> Caller {
        let isLocal = Self.isLocal(request)
        if Self.open.contains(request.path) && isLocal { return .open }
        guard request.headers["authorization"] != nil else {
            if let caller = try publicCaller(of: request, isLocal: isLocal) { return caller }
            return try caller(of: request, isLocal: isLocal)
        }
        if let seconds = failures.wait(request.peer) { throw Problem.tooManyFailures(waitSeconds: seconds) }
        do throws(Problem) {
            return try caller(of: request, isLocal: isLocal)
        } catch {
            if error.code == .unauthorized { failures.count(request.peer) }
            throw error
        }
    }

    /// Whether a part of the open log needs no key.
    func isPublic(_ content: TileContent) -> Bool { publicTiles.map { content <= $0 } ?? false }

    /// The caller of an open part of the log. Nil if the request is for something else, or comes from a client that may read all.
    /// Without a key the parts that are not open do not exist.
    private func publicCaller(of request: APIRequest, isLocal: Bool) throws(Problem) -> Caller? {
        guard publicTiles != nil, request.path.hasPrefix("/tlog/"), request.method != "POST", needsKey || !isLocal else {
            return nil
        }
        guard let content = Self.content(of: request.path), isPublic(content) else {
            throw Problem(.notFound, "there is nothing at this path")
        }
        if let seconds = publicRequests.wait(request.peer) { throw Problem.tooManyRequests(waitSeconds: seconds) }
        publicRequests.count(request.peer)
        return .anyone
    }

    private static func content(of path: String) -> TileContent? {
        if path == "/tlog/checkpoint" { return .checkpoint }
        if path.hasPrefix("/tlog/tile/entries/") { return .all }
        return path.hasPrefix("/tlog/tile/") ? .hashes : nil
    }

    /// Throws if the peer is not answered at all.
    func checkPeer(_ request: APIRequest) throws(Problem) {
        try checkPeer(isLocal: Self.isLocal(request))
    }

    private func checkPeer(isLocal: Bool) throws(Problem) {
        if !needsKey && !isLocal {
            throw Problem(.forbidden, "without a read key the service answers on loopback only")
        }
    }

    private func caller(of request: APIRequest, isLocal: Bool) throws(Problem) -> Caller {
        try checkPeer(isLocal: isLocal)
        let key = try bearer(request)
        // Methods without any route get only as far as a 405, so the read key suffices for them.
        let right = key.flatMap { self.right(of: $0) }
        if request.method != "POST" {
            guard needsKey else {
                if key != nil && right == nil { throw Problem(.unauthorized, "the key is not valid") }
                return right ?? .local
            }
            if let right { return right }
            throw Problem(.unauthorized, "a read key is needed: Authorization: Bearer <key>")
        }
        if Self.trading.contains(ByteKey(request.path)) { return try trader(right) }
        guard adminKey != nil || named.canAct else {
            throw Problem(.adminKeyNotConfigured, "no admin key is configured (ALPHA_LEDGER_ADMIN_KEY)")
        }
        switch right {
        case .administrator: return .administrator
        // This is not a guess: the key is valid but does not permit the request.
        case .trader: throw Problem(.forbidden, "the trade key trades and reads; the admin key is needed")
        case .some: throw Problem(.forbidden, "the read key only reads; the admin key is needed")
        case nil: throw Problem(.unauthorized, "the admin key is needed: Authorization: Bearer <key>")
        }
    }

    /// The paths that only who trades may post to. A POST to any other path gets as far as a 405 with the admin key.
    private static let trading = Set(
        API.routeTable.filter { $0.method == "POST" && $0.path.hasPrefix("/api/broker/") }.map { ByteKey($0.path) })

    /// The caller of a POST about trading. No key gives this right but a trade key.
    private func trader(_ right: Caller?) throws(Problem) -> Caller {
        guard tradeKey != nil || named.canTrade else {
            throw Problem(.tradeKeyNotConfigured, "no trade key is configured (ALPHA_LEDGER_TRADE_KEY)")
        }
        switch right {
        case .trader: return .trader
        case .administrator: throw Problem(.forbidden, "the admin key does not trade; the trade key is needed")
        case .some: throw Problem(.forbidden, "the read key only reads; the trade key is needed")
        case nil: throw Problem(.unauthorized, "the trade key is needed: Authorization: Bearer <key>")
        }
    }

    /// Whether the request comes from a program on this host, names this host, and was not forwarded.
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

    /// Compares in the same time for wrong and right keys of the same length.
    static func areEqual(_ expected: String, _ given: String) -> Bool {
        let left = Array(expected.utf8)
        let right = Array(given.utf8)
        // No key is no key that somebody could give.
        if left.isEmpty { return false }
        var difference = left.count ^ right.count
        for index in right.indices { difference |= Int(right[index] ^ left[index % left.count]) }
        return difference == 0
    }

    /// `localhost`, `127.x.y.z` or `[::1]`, with or without a port.
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

    /// 127.0.0.0/8 and ::1, also as IPv4-mapped addresses.
    static func isLoopback(address: String) -> Bool {
        var address = address[...]
        if address == "::1" { return true }
        if address.hasPrefix("::ffff:") { address = address.dropFirst(7) }
        let parts = address.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
