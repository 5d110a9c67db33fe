import LedgerEvents
package import LedgerMerkle
import LedgerNotes
import LedgerPostgres
import LedgerStore
import LedgerValues
import Logging

/// Which parts of the open log somebody may have; each includes those before it.
package enum TileContent: String, Sendable, CaseIterable, Comparable {
    case checkpoint
    /// The tiles of the tree.
    case hashes
    /// The tiles, and the entries behind them.
    case all

    package static func < (left: TileContent, right: TileContent) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .checkpoint: 0
        case .hashes: 1
        case .all: 2
        }
    }
}

/// A tile or an entry bundle. It never changes.
package struct TileBody: Sendable {
    package let bytes: [UInt8]
    package let tag: EntityTag
}

extension Ledger {
    /// Signs the head whenever it has moved, at most once a second, until cancelled. A reason for not signing is logged once.
    package func publishCheckpoints(_ notifications: LogNotifications) async {
        var reason: String?
        while !Task.isCancelled {
            let seen = await notifications.seen
            do {
                try await heads.follow()
                reason = nil
            } catch is CancellationError {
                return
            } catch {
                let problem = redact("\(error)")
                if problem != reason { logger.warning("the log's head was not signed", metadata: ["reason": "\(problem)"]) }
                reason = problem
            }
            try? await Task.sleep(for: .seconds(1))
            await notifications.wait(after: seen)
        }
    }

    /// The newest published checkpoint, as it is given out. Throws `TileError.noCheckpoint`.
    package func publishedCheckpoint() async throws -> [UInt8] {
        let id = try await pool.run { session in try LogReader().head(session).ledgerID }
        guard let note = try await published(id) else { throw TileError.noCheckpoint }
        return note.bytes
    }

    private func published(_ id: UniqueID) async throws -> SignedNote? {
        guard let log = try await heads.signedLog(), log.origin.isBytewiseEqual(to: AuditedHead.origin(id)) else { return nil }
        return try await witnesses?.published(log.plain, of: log.origin) ?? (witnesses == nil ? log.plain : nil)
    }

    /// A tile, or a bundle of entries. Throws `TileError.noSuchTile`, `entryTooLong`.
    package func tile(_ resource: TileResource) async throws -> TileBody {
        guard let log = try await heads.signedLog(), log.sizes.has(resource.tile) else { throw TileError.noSuchTile }
        return try await pool.run { session in
            try session.transaction(.snapshot) {
                guard log.origin.isBytewiseEqual(to: AuditedHead.origin(try LogReader().head(session).ledgerID)) else {
                    throw TileError.noSuchTile
                }
                return try TileBody(reading: resource, session)
            }
        }
    }

    /// A proof that an event is in the newest published tree, with that tree's checkpoint: the contents of a `.tlog-proof`
    /// file. Throws `TileError.notYetPublished`, `LedgerError.positionUnknown`.
    package func tileProof(of position: Int64) async throws -> [UInt8] {
        let head = try await pool.run { session in try LogReader().head(session) }
        guard position >= 1, position <= head.position else {
            throw LedgerError.positionUnknown(position: position, head: head.position)
        }
        guard let note = try await published(head.ledgerID) else { throw TileError.notYetPublished(position: position, size: 0) }
        let checkpoint = try Checkpoint(parsing: note.text)
        guard position <= checkpoint.size else { throw TileError.notYetPublished(position: position, size: checkpoint.size) }
        let proof = try await pool.run { session in
            try session.transaction(.snapshot) { try LogProofs().inclusion(position: position, size: checkpoint.size, session) }
        }
        guard proof.root == checkpoint.root else {
            throw LedgerError.corrupt(position: position, problem: "the stored tree nodes are not those of the published checkpoint")
        }
        return LogProofNote(index: position - 1, path: proof.path, checkpoint: note).bytes
    }
}

extension TileBody {
    init(reading resource: TileResource, _ session: PostgresSession) throws {
        switch resource {
        case .hashes(let tile):
            bytes = try LogTiles().hashes(of: tile, session).flatMap(\.bytes)
            tag = .strong(EntityTag.digest([bytes]))
        case .entries(let tile):
            do {
                let bundle = try LogTiles().entries(of: tile, session)
                bytes = bundle.bytes
                // The hashes stand for the leaves, and are shorter.
                tag = .strong("entries-\(EntityTag.digest(bundle.hashes.map(\.bytes)))")
            } catch let error as EntryTooLong {
                throw TileError.entryTooLong(position: error.position, bytes: error.bytes)
            }
        }
    }
}
