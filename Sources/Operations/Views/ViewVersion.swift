import LedgerJSON
import LedgerProjections
import LedgerRules
import LedgerStore
import LedgerValues

/// The origin of a page's rows: a projection, its code and its rules.
package struct ViewVersion: Sendable, Equatable {
    /// The projection's name.
    package let name: String
    /// The rules version, as in `v1`.
    package let version: String
    package let codeVersion: Int
    /// Every rule file that the version reads, in path order.
    package let rules: [Rule]

    /// A rule file, by its path below `projections/`.
    package struct Rule: Sendable, Equatable {
        package let file: String
        package let version: Int
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

    /// An answer's statement of the state that it depends on: its member `ledger`.
    ///
    /// - Parameter isListed: whether the version stands in a list of projections by their names, as in documents that stand on several.
    func ledger(position: Int64, asOf: Instant, headPosition: Int64, isFrozen: Bool, isListed: Bool = false) -> JSONNode {
        if isListed {
            return .object(
                [
                    ("position", .integer(position)), ("as_of", .string(asOf.description)), ("head_position", .integer(headPosition)),
                    ("projections", .object([(name, research)])),
                ] + (isFrozen ? [("frozen", .bool(true))] : []))
        }
        var members: [(String, JSONNode)] = [
            ("position", .integer(position)),
            ("as_of", .string(asOf.description)),
            ("head_position", .integer(headPosition)),
            ("projection", .string(name)),
            ("code_version", .integer(Int64(codeVersion))),
            ("rules", .object(rules.map { ($0.file, .integer(Int64($0.version))) })),
        ]
        if isFrozen { members.append(("frozen", .bool(true))) }
        return .object(members)
    }

    /// `v1/c1`
    var label: String { VersionReference(version: version, codeVersion: codeVersion).description }
}
