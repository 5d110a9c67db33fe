import LedgerStore
package import LedgerWitness

extension WitnessPolicy {
    /// Reads a policy file. Throws `PolicyError`, and `LedgerFilesError` if it can't be read.
    package init(file path: String) throws { try self.init(parsing: try LedgerFiles.read(path)) }
}
