public import LedgerProjections
import LedgerValues

extension VersionReference {
    /// The version that is meant among those that a projection has: with no code version given the newest of this
    /// program's, else the only one.
    ///
    /// Throws `LedgerError.versionUnknown`, which names the versions that there are.
    ///
    /// - Parameters:
    ///   - versions: all versions of the projection in this ledger.
    ///   - name: the projection's name.
    ///   - installed: the code versions of this program, in ascending order; empty where it lacks these rules.
    public func resolve(
        among versions: [ProjectionVersion], of name: String, installed: [Int]
    ) throws(LedgerError) -> ProjectionVersion {
        let candidates = versions.filter {
            $0.name.isBytewiseEqual(to: name) && $0.version.isBytewiseEqual(to: version)
                && (codeVersion == nil || $0.codeVersion == codeVersion)
        }
        if candidates.count == 1 { return candidates[0] }
        for code in installed.reversed() {
            if let own = candidates.first(where: { $0.codeVersion == code }) { return own }
        }
        throw .versionUnknown(
            projection: name, version: description, isAmbiguous: !candidates.isEmpty,
            known: versions.filter { $0.name.isBytewiseEqual(to: name) }.map { $0.reference.description })
    }
}
