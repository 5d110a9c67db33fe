/// A file with an audit's record. Its mode is 0600, because the record holds a key.
package struct AuditRecordFile: Sendable {
    private static let mostBytes = 1 << 26

    private let file: PrivateFile

    package init(_ path: String) { file = PrivateFile(path, "the record") }

    package func read() throws(AuditError) -> AuditRecord {
        let bytes: [UInt8]?
        do { bytes = try file.read(atMost: Self.mostBytes) } catch { throw .record(problem: error.description) }
        guard let bytes else { throw .record(problem: "\(file.path) is not there") }
        do {
            return try AuditRecord(decoding: bytes)
        } catch {
            throw .record(problem: "\(file.path) is not the record of an audit: \(error)")
        }
    }

    /// Writes a record in place of an earlier one.
    package func write(_ record: AuditRecord) throws(AuditError) {
        do { try file.replace(by: record.encode()) } catch { throw .record(problem: error.description) }
    }
}
