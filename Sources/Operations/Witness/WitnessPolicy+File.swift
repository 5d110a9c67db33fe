import LedgerStore
package import LedgerWitness

extension WitnessPolicy {
    /// Reads a policy file.
    package init(file path: String) throws(PolicyError) {
        let bytes: [UInt8]
        do {
            bytes = try LedgerFiles.read(path)
        } catch {
            throw PolicyError(line: 0, "\(error)")
        }
        try self.init(parsing: bytes)
    }
}
