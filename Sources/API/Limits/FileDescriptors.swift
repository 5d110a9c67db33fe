import Glibc

/// The process's limit of open files, which include connections.
enum FileDescriptors {
    /// The number reserved for the database, files and upstreams, beside the clients' connections.
    private static let reserved = 256

    /// Raises the limit to the system's maximum, because a thousand streams and the database need more than the usual
    /// 1,024.
    ///
    /// - Returns: the number of client connections that fit, nil if the system does not report the limit
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
