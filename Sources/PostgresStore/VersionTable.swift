import Postgres
import Projections
import Values

/// A table of documents versioned by position: a projection version's rows, or the facts behind them.
struct VersionTable: Sendable {
    /// Quoted, with its schema.
    let name: String
    let key: [String]
    /// Columns beside the document.
    let stored: [String]
    /// From how many rows on COPY is the cheaper way in.
    private static let copyThreshold = 256

    /// The current documents of some keys; nil where a key has none. One query.
    func current(_ keys: [RowKey], _ session: PostgresSession) throws -> [[UInt8]?] {
        var documents = [[UInt8]?](repeating: nil, count: keys.count)
        if keys.isEmpty { return documents }
        let found = try session.execute(
            """
            SELECT k.ord, t.document
            FROM unnest(\(arrays(from: 1))) WITH ORDINALITY AS k (\(columns(key)), ord)
            CROSS JOIN LATERAL (SELECT document FROM \(name) t WHERE \(matches) AND t.valid_to IS NULL LIMIT 1) t
            """, key.indices.map { column in .textArray(keys.map { $0.parts[column].text }) })
        for row in found { documents[Int(try row.int8(0)) - 1] = try row.utf8(1) }
        return documents
    }

    /// Ends old versions, then adds new ones.
    func write(_ changes: VersionChanges, _ session: PostgresSession) throws {
        try end(changes.ended, session)
        if changes.made.count >= Self.copyThreshold {
            try copy(changes.made, session)
        } else if !changes.made.isEmpty {
            try insert(changes.made, session)
        }
    }

    private func end(_ ended: [(key: RowKey, validTo: Int64)], _ session: PostgresSession) throws {
        if ended.isEmpty { return }
        let result = try session.execute(
            """
            UPDATE \(name) t SET valid_to = k.valid_to
            FROM unnest($1::bigint[], \(arrays(from: 2))) AS k (valid_to, \(columns(key)))
            WHERE \(matches) AND t.valid_to IS NULL
            """,
            [.int8Array(ended.map(\.validTo))]
                + key.indices.map { column in .textArray(ended.map { $0.key.parts[column].text }) })
        guard result.affectedRows == ended.count else {
            throw LedgerError.corrupt(position: ended[0].validTo, problem: "\(name) has lost rows: rebuild it")
        }
    }

    private func copy(_ made: [DocumentVersion], _ session: PostgresSession) throws {
        _ = try session.copyIn("COPY \(name) (\(columns(all))) FROM STDIN (FORMAT binary)") { writer in
            for version in made {
                writer.startRow(columns: all.count)
                writer.int8(version.validFrom)
                if let validTo = version.validTo { writer.int8(validTo) } else { writer.null() }
                for part in version.key.parts { writer.text(part.text) }
                for value in version.stored {
                    switch value {
                    case .text(let text?): writer.text(text)
                    case .instant(let instant?): writer.timestamptz(instant.microseconds)
                    case .text(nil), .instant(nil): writer.null()
                    }
                }
                writer.utf8(version.document)
            }
        }
    }

    private func insert(_ made: [DocumentVersion], _ session: PostgresSession) throws {
        var parameters: [PostgresValue] = [
            .int8Array(made.map(\.validFrom)), .nullableInt8Array(made.map(\.validTo)),
        ]
        var casts = ["bigint[]", "bigint[]"]
        for column in key.indices {
            parameters.append(.textArray(made.map { $0.key.parts[column].text }))
            casts.append("text[]")
        }
        for column in stored.indices {
            if case .instant = made[0].stored[column] {
                parameters.append(
                    .nullableTimestamptzArray(
                        made.map { if case .instant(let value) = $0.stored[column] { value?.microseconds } else { nil } }))
                casts.append("timestamptz[]")
            } else {
                parameters.append(
                    .nullableTextArray(
                        made.map { if case .text(let value) = $0.stored[column] { value } else { nil } }))
                casts.append("text[]")
            }
        }
        parameters.append(.utf8Array(made.map(\.document)))
        casts.append("text[]")
        let arrays = casts.enumerated().map { "$\($0.offset + 1)::\($0.element)" }.joined(separator: ", ")
        _ = try session.execute(
            "INSERT INTO \(name) (\(columns(all))) SELECT * FROM unnest(\(arrays))", parameters)
    }

    private var all: [String] { ["valid_from", "valid_to"] + key + stored + ["document"] }

    private func columns(_ names: [String]) -> String { names.map(quoteIdentifier).joined(separator: ", ") }

    private func arrays(from first: Int) -> String {
        key.indices.map { "$\($0 + first)::text[]" }.joined(separator: ", ")
    }

    private var matches: String {
        key.map { "t.\(quoteIdentifier($0)) = k.\(quoteIdentifier($0))" }.joined(separator: " AND ")
    }
}
