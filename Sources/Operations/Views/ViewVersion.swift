import JSON
import PostgresStore
import Projections
import Rules

/// The origin of a page's rows: a projection, its code and its rules.
public struct ViewVersion: Sendable, Equatable {
    /// The projection's name.
    public let name: String
    /// The rules version, as in `v1`.
    public let version: String
    public let codeVersion: Int
    /// Every rule file that the version reads, in path order.
    public let rules: [Rule]

    /// A rule file, by its path below `projections/`.
    public struct Rule: Sendable, Equatable {
        public let file: String
        public let version: Int
    }

    init(_ identity: ProjectionIdentity) {
        name = identity.name
        version = identity.version
        codeVersion = identity.codeVersion
        rules = identity.rules.map { Rule(file: $0.path, version: $0.version) }
    }

    /// The version as the database recorded it. Its rule files need not be installed.
    init(_ stored: ProjectionVersion) {
        name = stored.name
        version = stored.version
        codeVersion = stored.codeVersion
        let document = try? JSONDocument(parsing: Array(stored.rules.utf8))
        rules =
            document?.root.members.map { file, value in
                Rule(file: file, version: value["version"]?.integer.map { Int($0) } ?? 0)
            } ?? []
    }

    /// `v1/c1`
    var label: String { VersionReference(version: version, codeVersion: codeVersion).description }
}
