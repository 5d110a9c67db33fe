import Glibc

/// The user that the server runs as. Postgres refuses to run as root, so root's server switches to another user.
struct ServerUser: Sendable {
    let name: String
    let id: uid_t
    let group: gid_t
    /// Whether this program is root and has to become that user.
    let dropsPrivileges: Bool

    /// Chooses the current user. For root it chooses the owner of the existing cluster, otherwise `postgres`, otherwise
    /// `nobody`.
    static func choose(cluster: String) throws(EmbeddedPostgresError) -> ServerUser {
        let owner = Files.status(cluster)?.st_uid
        let me = geteuid()
        if me != 0 {
            if let owner, owner != me {
                throw .directory(
                    "the data directory \(cluster) belongs to user \(name(of: owner)); run as that user or as root")
            }
            return ServerUser(name: name(of: me), id: me, group: getegid(), dropsPrivileges: false)
        }
        if let owner, owner != 0 {
            let group = getpwuid(owner)?.pointee.pw_gid ?? gid_t(owner)
            return ServerUser(name: name(of: owner), id: owner, group: group, dropsPrivileges: true)
        }
        for candidate in ["postgres", "nobody"] {
            if let entry = getpwnam(candidate), entry.pointee.pw_uid != 0 {
                return ServerUser(
                    name: candidate, id: entry.pointee.pw_uid, group: entry.pointee.pw_gid, dropsPrivileges: true)
            }
        }
        throw .system("root can't run a Postgres server, and there is no user postgres or nobody to run it as")
    }

    static func name(of user: uid_t) -> String {
        guard let entry = getpwuid(user), let name = entry.pointee.pw_name else { return "#\(user)" }
        return String(cString: name)
    }
}
