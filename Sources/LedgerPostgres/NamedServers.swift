import CLedgerLibPQ

/// The servers that a connection may use, in libpq's form: lists with commas, in the order of trial.
struct NamedServers {
    private struct Server {
        var host: String
        var address: String
        var port: String
    }

    private var servers: [Server]
    /// A URI that gives only addresses has no hosts, and the other way round.
    private let hasHosts: Bool
    private let hasAddresses: Bool

    /// The servers of a connection, whether its URI or libpq's environment names them. Nil unless there are several.
    init?(of connection: OpaquePointer) {
        guard let options = PQconninfo(connection) else { return nil }
        defer { PQconninfoFree(options) }
        var given: [String: String] = [:]
        var next = options
        while let keyword = next.pointee.keyword {
            if let value = next.pointee.val { given[String(cString: keyword)] = String(cString: value) }
            next += 1
        }
        func list(_ name: String) -> [String] {
            guard let value = given[name], !value.isEmpty else { return [] }
            return value.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        let (hosts, addresses, ports) = (list("host"), list("hostaddr"), list("port"))
        let count = max(hosts.count, addresses.count)
        guard count > 1 else { return nil }
        // One port is the port of all.
        servers = (0..<count).map { place in
            Server(
                host: hosts.isEmpty ? "" : hosts[place], address: addresses.isEmpty ? "" : addresses[place],
                port: ports.count == 1 ? ports[0] : ports.isEmpty ? "" : ports[place])
        }
        (hasHosts, hasAddresses) = (!hosts.isEmpty, !addresses.isEmpty)
    }

    /// The others than the one that the connection is trying. Nil if that is none of these, or the last of them.
    func others(than connection: OpaquePointer) -> NamedServers? {
        let host = PQhost(connection).map { String(cString: $0) } ?? ""
        let port = PQport(connection).map { String(cString: $0) } ?? ""
        guard
            let tried = servers.firstIndex(where: { server in
                (server.host.isEmpty ? server.address : server.host) == host && (server.port.isEmpty || server.port == port)
            })
        else { return nil }
        var others = self
        others.servers.remove(at: tried)
        return others.servers.isEmpty ? nil : others
    }

    /// The parameters that name these servers instead of the URI's.
    var parameters: [(String, String)] {
        var parameters = [("port", servers.map(\.port).joined(separator: ","))]
        if hasHosts { parameters.append(("host", servers.map(\.host).joined(separator: ","))) }
        if hasAddresses { parameters.append(("hostaddr", servers.map(\.address).joined(separator: ","))) }
        return parameters
    }
}

extension PostgresConfiguration {
    /// Whether the URI names several servers, and of these the one that takes writes.
    var followsPrimary: Bool {
        guard let given = try? parameters(), let role = given["target_session_attrs"] else { return false }
        return (role == "read-write" || role == "primary") && (given["host"] ?? given["hostaddr"] ?? "").contains(",")
    }
}
