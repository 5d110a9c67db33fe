import BlockingThreads
import Glibc
import LedgerEvents
import LedgerMerkle
import LedgerNotes
import LedgerPostgres
package import LedgerStore
import LedgerValues
import OptionTrades

extension Ledger {
    /// Takes the payloads of a closed partition out of the log's table. From then on they are read from the copies.
    ///
    /// Every byte of each copy is read and compared with signed checkpoints first. The events of the partition are hashed anew, and must
    /// be those of the copies. The table of the partition is renamed and stays.
    ///
    /// Throws `ArchiveError`, `ArchiveSourceError`, `PartitionError`, `TileError`, `AuditError`, `LedgerError`.
    ///
    /// - Parameters:
    ///   - first: the first position of the partition
    ///   - last: its last position
    ///   - copies: directories and `s3://bucket/prefix` that `archive create` wrote, on different devices and in different buckets
    ///   - progress: the last position that was read, of each copy and then of the partition
    package func detachArchive(
        _ first: Int64, _ last: Int64, copies: [String], progress: @escaping @Sendable (Int64) -> Void = { _ in }
    ) async throws -> ArchivedRange {
        let partitions = try await pool.run { session in try LogPartition.all(session) }
        guard let partition = partitions.first(where: { $0.first == first && $0.last == last }) else {
            throw ArchiveError.noSuchPartition(first: first, last: last)
        }
        if partition.isDetached { throw ArchiveError.alreadyDetached(first: first, last: last) }
        if partition == partitions.last { throw ArchiveError.open(first: first, last: last) }
        let places = try ArchivePlace.apart(copies, settings)

        let origin = AuditedHead.origin(try await pool.run { session in try LogReader().head(session).ledgerID })
        let keyFile = SigningKeyFile(settings)
        let archiveKeyFile = SigningKeyFile(ofArchivesBeside: keyFile)
        guard let logKey = try keyFile.read()?.named(origin).verifier else { throw TileError.noCheckpoint }
        guard let archiveKey = try archiveKeyFile.read()?.named(ArchiveManifest.keyName(origin)).verifier else {
            throw ArchiveError.noKey(path: archiveKeyFile.path)
        }
        let range = ArchiveRangeName(first: first, last: last)
        let verifier = ArchiveVerifier(archiveKey: archiveKey, logKey: logKey)
        let roots = try await onOwnThread { try places.map { try verifier.root(of: range, in: $0, progress) } }

        try await detachment.detach(partition, copies: places.map(\.name)) { root in
            for (place, archived) in zip(places, roots) where archived != root {
                throw ArchiveError.copy(place: place.name, problem: "its events are not those of ledger.\(partition.table)")
            }
        } progress: {
            progress($0)
        }
        return ArchivedRange(first: first, last: last, copies: places.map(\.name))
    }

    /// Brings the payloads of a detached range back: by the table that was detached, or, if that is gone, by one that is made from the
    /// copies. The events are hashed anew, and must lead to the newest published checkpoint. Returns whether the copies were needed.
    ///
    /// Throws `ArchiveError`, `PartitionError`, `TileError`, `LedgerError`.
    package func attachArchive(
        _ first: Int64, _ last: Int64, progress: @escaping @Sendable (Int64) -> Void = { _ in }
    ) async throws -> Bool {
        let (ranges, ledgerID) = try await pool.run { session in
            (try ArchivedRange.all(session), try LogReader().head(session).ledgerID)
        }
        guard let range = ranges.first(where: { $0.first == first && $0.last == last }) else {
            throw ArchiveError.notDetached(first: first, last: last)
        }
        guard let note = try await publishedNote(of: AuditedHead.origin(ledgerID), atMost: .max) else { throw TileError.noCheckpoint }
        let checkpoint = try Checkpoint(parsing: note.text)
        return try await detachment.attach(range) { root, session in
            let proof = try LogProofs().consistency(from: last, to: checkpoint.size, session)
            guard
                verifyConsistency(from: last, to: checkpoint.size, oldRoot: root, newRoot: checkpoint.root, path: proof.path)
            else {
                throw LedgerError.corrupt(
                    position: last, problem: "the events up to here are not those of the published checkpoint of size \(checkpoint.size)")
            }
        } progress: {
            progress($0)
        }
    }

    private var detachment: LogDetachment {
        var configuration = PostgresConfiguration(uri: serviceConfiguration.uri, applicationName: "alpha-ledger archive")
        configuration.context = serviceConfiguration.context
        return LogDetachment(configuration, TradeLedger.names)
    }
}
