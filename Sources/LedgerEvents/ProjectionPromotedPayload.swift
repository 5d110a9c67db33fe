import LedgerJSON
public import LedgerValues

/// The payload of `ProjectionPromoted`, which says which version of a projection is served from now on.
public struct ProjectionPromotedPayload: EventPayload {
    /// A rule file that the version reads.
    public struct Rule: Sendable, Equatable {
        /// The path below the rules directory.
        public let file: String
        public let version: Int
        /// Lower-case hex SHA-256 of the file's bytes.
        public let digest: String

        public init(file: String, version: Int, digest: String) {
            self.file = file
            self.version = version
            self.digest = digest
        }
    }

    public let projection: String
    /// The version served before; nil for a first activation.
    public let oldVersion: String?
    public let newVersion: String
    public let codeVersion: Int
    /// The rule files, encoded in bytewise order of their paths.
    public let rules: [Rule]
    /// The position at which the versions were compared.
    public let position: Int64
    /// The digest of the approved diff; nil if there was nothing to compare.
    public let diffDigest: String?

    public init(
        projection: String, oldVersion: String?, newVersion: String, codeVersion: Int, rules: [Rule],
        position: Int64, diffDigest: String?
    ) {
        self.projection = projection
        self.oldVersion = oldVersion
        self.newVersion = newVersion
        self.codeVersion = codeVersion
        self.rules = rules.sorted { $0.file.isBytewiseLess(than: $1.file) }
        self.position = position
        self.diffDigest = diffDigest
    }

    /// The canonical JSON of the payload.
    public func encode() -> [UInt8] {
        var out = JSONWriter(reservingCapacity: 512)
        out.beginObject()
        out.key("code_version")
        out.integer(codeVersion)
        out.key("diff_digest")
        out.string(diffDigest)
        out.key("new_version")
        out.string(newVersion)
        out.key("old_version")
        out.string(oldVersion)
        out.key("position")
        out.integer(position)
        out.key("projection")
        out.string(projection)
        out.key("rules")
        out.beginArray()
        for rule in rules {
            out.beginObject()
            out.key("digest")
            out.string(rule.digest)
            out.key("file")
            out.string(rule.file)
            out.key("version")
            out.integer(rule.version)
            out.endObject()
        }
        out.endArray()
        out.endObject()
        return out.bytes
    }

    public init(decoding payload: [UInt8]) throws(PayloadError) {
        let reader = try PayloadReader(
            try PayloadReader.document(payload),
            keys: ["code_version", "diff_digest", "new_version", "old_version", "position", "projection", "rules"])
        var rules: [Rule] = []
        for element in try reader.value("rules").elements {
            let rule = try PayloadReader(
                element, pointer: "/rules/\(rules.count)", keys: ["digest", "file", "version"])
            rules.append(
                Rule(
                    file: try rule.string("file"), version: Int(try rule.integer("version")),
                    digest: try rule.string("digest")))
        }
        self.init(
            projection: try reader.string("projection"), oldVersion: try reader.optionalString("old_version"),
            newVersion: try reader.string("new_version"), codeVersion: Int(try reader.integer("code_version")),
            rules: rules, position: try reader.integer("position"),
            diffDigest: try reader.optionalString("diff_digest"))
    }
}

extension ProjectionPromotedPayload {
    /// The `ProjectionPromoted` event of a run.
    public func event(runID: UniqueID) -> NewEvent {
        NewEvent(
            .projectionPromoted, identity: Identity.join(["promoted", projection, "\(runID)"]),
            stream: Self.stream(of: projection), payload: encode())
    }

    /// The stream that records which version of a projection is served: `projection-<name>`.
    public static func stream(of projection: String) -> String { "\(streams)\(projection)" }

    /// The prefix of these streams.
    package static let streams: StaticString = "projection-"
}
