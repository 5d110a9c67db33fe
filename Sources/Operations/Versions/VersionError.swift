import LedgerStore

/// The reason why a version cannot be compared, promoted, rolled back to or dropped.
package enum VersionError: Error, Equatable, CustomStringConvertible {
    case unknownProjection(String, known: [String])
    /// A file of its rules is unusable.
    case rulesUnusable(String)
    /// It has no rows yet.
    case building(String)
    case alreadyServed(String)
    /// The reviewed diff differs from the diff that a promotion would make.
    case diffDiffers(from: String, to: String, position: Int64, expected: String, found: String)
    /// Another promotion came first.
    case servedChanged(projection: String, expected: String, found: String)
    /// Its rows are older than the served ones.
    case behind(String, position: Int64, served: Int64)
    /// A rebuild of this version or of the served one is about to end.
    case busy(String)
    /// This program lacks the code that the version was folded with.
    case codeMissing(String)
    case nothingToRollBack(projection: String)
    /// A diff with dependents must compare with the served version.
    case notServed(String)
    /// Served versions read a file that would be replaced and have no version to be served along. Lists what each lacks.
    case dependentsMissing([String])
    /// Assertions are broken at the diff's position, and the promotion was asked for only if none is.
    case assertionsBroken(Int, position: Int64)

    /// Whether the request names something that does not exist, or contradicts the present state.
    package var isUsage: Bool {
        switch self {
        case .unknownProjection, .rulesUnusable: true
        default: false
        }
    }

    package var description: String {
        switch self {
        case .unknownProjection(let name, let known):
            "no projection is called \(name); expected \(known.joined(separator: ", "))"
        case .rulesUnusable(let problem): problem
        case .building(let version): "\(version) is still being built: wait for its rebuild, or run it again"
        case .alreadyServed(let version): "\(version) is served already"
        case .diffDiffers(let from, let to, let position, let expected, let found):
            "the diff of \(from), served now, and \(to) at position \(position) has the digest \(found), not \(expected): look at it again"
        case .servedChanged(let projection, let expected, let found):
            "projection \(projection) serves \(found) by now, not \(expected): look at the diff again"
        case .behind(let version, let position, let served):
            "\(version) has folded up to position \(position), the served version up to \(served): let it catch up first"
        case .busy(let version): "a rebuild of \(version), or of the served version, is about to end: try again"
        case .codeMissing(let version): "this program lacks the code of \(version): run one that has it"
        case .notServed(let version): "\(version) is not what is served: with its dependents a version is compared with that"
        case .dependentsMissing(let problems): problems.joined(separator: "; ")
        case .assertionsBroken(let count, let position):
            "\(brokenAssertionsText(count)) at position \(position), so nothing was promoted: see the view assertions"
        case .nothingToRollBack(let projection): "projection \(projection) has no earlier version to go back to"
        }
    }
}
