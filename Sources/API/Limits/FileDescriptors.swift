import Glibc

/// How many files, connections among them, the process may have open.
enum FileDescriptors {
    /// What the database, files and upstreams need beside the clients' connections.
    private static let reserved = 256

    /// Raises the limit to what the system allows: a thousand streams and the database need more than the usual 1,024.
    ///
    /// - Returns: how many connections of clients fit; nil if the system does not say.
    static func raiseLimit() -> Int? {
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(resource, &limit) == 0 else { return nil }
        if limit.rlim_cur < limit.rlim_max {
            limit.rlim_cur = limit.rlim_max
            _ = setrlimit(resource, &limit)
            guard getrlimit(resource, &limit) == 0 else { return nil }
        }
        return max(1, Int(clamping: limit.rlim_cur) - reserved)
    }
}
