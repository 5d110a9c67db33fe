package import LedgerJSON
package import LedgerValues

/// A backup's description of itself, `manifest.json`: canonical JSON and a newline.
package struct BackupManifest: Sendable, Equatable {
    /// A file of the backup that the server's own manifest does not cover.
    package struct File: Sendable, Equatable {
        package let path: String
        package let bytes: Int64
        /// The lower-case hex SHA-256 of the file's bytes.
        package let sha256: String
    }

    /// A version that was served when the backup began.
    package struct Served: Sendable, Equatable {
        package let projection: String
        package let version: String
        package let codeVersion: Int
        /// The version's checkpoint.
        package let position: Int64
        /// The digest of its rows as of the position; nil if the program could not read them.
        package let digest: String?

        /// For example `outcomes v2/c1`.
        package var label: String { "\(projection) \(version)/c\(codeVersion)" }
    }

    static let format = "alpha-ledger-backup/1"

    package let createdAt: Instant
    package let ledgerID: UniqueID
    /// The size of the newest signed head when the backup began.
    package let position: Int64
    /// That head's root.
    package let root: Digest32
    /// The key that verifies the head.
    package let vkey: String
    package let schemaVersion: Int
    /// The server's major version.
    package let serverVersion: Int
    package let database: String
    /// The user that made the backup.
    package let user: String
    /// By name, bytewise.
    package let projections: [Served]
    /// By path, bytewise.
    package let files: [File]

    func encode() -> [UInt8] {
        JSONNode.object([
            ("created_at", .string(createdAt.description)), ("database", .string(database)),
            (
                "files",
                .array(
                    files.map {
                        .object([("bytes", .integer($0.bytes)), ("path", .string($0.path)), ("sha256", .string($0.sha256))])
                    })
            ), ("format", .string(Self.format)), ("ledger_id", .string(ledgerID.description)), ("position", .integer(position)),
            ("projections", .array(projections.map(\.node))), ("root_hash", .string(root.description)),
            ("schema_version", .integer(Int64(schemaVersion))), ("server_version", .integer(Int64(serverVersion))),
            ("user", .string(user)), ("vkey", .string(vkey)),
        ]).canonicalBytes() + [UInt8(ascii: "\n")]
    }

    /// Reads a manifest in exactly the form of ``encode()``. Any other order, spacing or member is refused.
    init(decoding bytes: [UInt8]) throws(BackupError) {
        let root: JSONValue
        let document: JSONDocument
        do { document = try JSONDocument(parsing: bytes) } catch { throw .manifest(problem: "not JSON: \(error)") }
        root = document.root
        func text(_ name: String) throws(BackupError) -> String {
            guard let value = root[name]?.string else { throw .manifest(problem: "`\(name)`: expected a text") }
            return value
        }
        func number(_ name: String) throws(BackupError) -> Int64 {
            guard let value = root[name]?.integer, value >= 0 else {
                throw .manifest(problem: "`\(name)`: expected a whole number, 0 or more")
            }
            return value
        }
        guard try text("format").isBytewiseEqual(to: Self.format) else {
            throw .manifest(problem: "`format`: expected \(Self.format)")
        }
        guard let createdAt = Instant(try text("created_at")) else { throw .manifest(problem: "`created_at`: expected an instant") }
        guard let ledgerID = UniqueID(try text("ledger_id")) else { throw .manifest(problem: "`ledger_id`: expected a UUID") }
        guard let hash = Digest32(hex: try text("root_hash")) else {
            throw .manifest(problem: "`root_hash`: expected 64 hexadecimal digits")
        }
        var projections: [Served] = []
        for value in root["projections"]?.elements.map({ $0 }) ?? [] { projections.append(try Served(value)) }
        var files: [File] = []
        for value in root["files"]?.elements.map({ $0 }) ?? [] {
            guard let path = value["path"]?.string, let bytes = value["bytes"]?.integer, let sha256 = value["sha256"]?.string
            else { throw .manifest(problem: "`files`: expected `bytes`, `path` and `sha256` in each") }
            files.append(File(path: path, bytes: bytes, sha256: sha256))
        }
        self.init(
            createdAt: createdAt, ledgerID: ledgerID, position: try number("position"), root: hash, vkey: try text("vkey"),
            schemaVersion: Int(clamping: try number("schema_version")), serverVersion: Int(clamping: try number("server_version")),
            database: try text("database"), user: try text("user"), projections: projections, files: files)
        guard encode() == bytes else {
            throw .manifest(problem: "not in canonical form, or with members that a manifest does not have")
        }
    }

    init(
        createdAt: Instant, ledgerID: UniqueID, position: Int64, root: Digest32, vkey: String, schemaVersion: Int, serverVersion: Int,
        database: String, user: String, projections: [Served], files: [File]
    ) {
        self.createdAt = createdAt
        self.ledgerID = ledgerID
        self.position = position
        self.root = root
        self.vkey = vkey
        self.schemaVersion = schemaVersion
        self.serverVersion = serverVersion
        self.database = database
        self.user = user
        self.projections = projections.sorted { $0.projection.isBytewiseLess(than: $1.projection) }
        self.files = files.sorted { $0.path.isBytewiseLess(than: $1.path) }
    }
}

extension BackupManifest.Served {
    package var node: JSONNode {
        .object([
            ("code_version", .integer(Int64(codeVersion))), ("digest", digest.map(JSONNode.string) ?? .null),
            ("name", .string(projection)), ("position", .integer(position)), ("version", .string(version)),
        ])
    }

    fileprivate init(_ value: JSONValue) throws(BackupError) {
        guard let name = value["name"]?.string, let version = value["version"]?.string,
            let code = value["code_version"]?.integer.flatMap({ Int(exactly: $0) }), let position = value["position"]?.integer,
            let digest = value["digest"], digest.string != nil || digest.isNull
        else {
            throw .manifest(problem: "`projections`: expected `code_version`, `digest`, `name`, `position` and `version` in each")
        }
        self.init(projection: name, version: version, codeVersion: code, position: position, digest: digest.string)
    }
}
