import LedgerEvents
import LedgerPostgres
import LedgerProjections
import LedgerValues

/// A table of documents versioned by position: a projection version's rows, or the facts behind them.
struct VersionTable: Sendable {
    /// The quoted name, with its schema.
    let name: String
    let key: [String]
    /// The columns beside the document.
    let stored: [String]
    /// The number of rows from which COPY is cheaper.
    private static let copyThreshold = 256

    /// The statement that reads the current documents of some keys; ``documents(_:count:)`` reads its result.
    func lookup(_ keys: [RowKey]) -> Statement {
        Statement(
            sql: """
                SELECT k.ord, t.document
                FROM unnest(\(arrays(from: 1))) WITH ORDINALITY AS k (\(columns(key)), ord)
                CROSS JOIN LATERAL (
                    SELECT document, valid_to FROM \(name) t WHERE \(matches) ORDER BY t.valid_from DESC LIMIT 1) t
                WHERE t.valid_to IS NULL
                """, parameters: key.indices.map { column in .textArray(keys.map { $0.parts[column].text }) })
    }

    /// The documents in the order of the keys; nil for a key without a document.
    static func documents(_ found: PostgresResult, count: Int) throws -> [[UInt8]?] {
        var documents = [[UInt8]?](repeating: nil, count: count)
        for row in found { documents[Int(try row.int8(0)) - 1] = try row.utf8(1) }
        return documents
    }

    /// The documents of some keys valid at a position; nil for a key without a document then. One query, two index
    /// descents per key.
    func documents(of keys: [RowKey], at position: Int64, _ session: PostgresSession) throws -> [[UInt8]?] {
        if keys.isEmpty { return [] }
        let found = try session.execute(
            """
            SELECT k.ord, t.document
            FROM unnest(\(arrays(from: 2))) WITH ORDINALITY AS k (\(columns(key)), ord)
            CROSS JOIN LATERAL (
                SELECT document, valid_to FROM \(name) t WHERE \(matches) AND t.valid_from <= $1
                ORDER BY t.valid_from DESC LIMIT 1) t
            WHERE \(Self.hasNotEnded(by: "$1", "t."))
            """, [.int8(position)] + key.indices.map { column in .textArray(keys.map { $0.parts[column].text }) })
        return try Self.documents(found, count: keys.count)
    }

    /// The condition that a version is valid at a position: it was made by then, and had not ended.
    ///
    /// - Parameters:
    ///   - position: the position, or the parameter that has it.
    ///   - alias: the table's alias with a point, if the statement uses one.
    static func isValid(at position: some CustomStringConvertible, _ alias: String = "") -> String {
        "\(alias)valid_from <= \(position) AND (\(hasNotEnded(by: position, alias)))"
    }

    /// The second half of ``isValid(at:_:)``, for a version that was made by then.
    static func hasNotEnded(by position: some CustomStringConvertible, _ alias: String) -> String {
        "\(alias)valid_to IS NULL OR \(alias)valid_to > \(position)"
    }

    /// A statement of a pipeline.
    typealias Statement = (sql: String, parameters: [PostgresValue])

    /// The statements that end old versions and, if they are few, add new ones.
    func statements(_ changes: VersionChanges) -> [Statement] {
        var statements: [Statement] = []
        if !changes.ended.isEmpty { statements.append(end(changes.ended)) }
        if !changes.made.isEmpty && !isCopied(changes) { statements.append(insert(changes.made)) }
        return statements
    }

    /// Adds the new versions that ``statements(_:)`` left out because COPY is cheaper.
    func copy(_ changes: VersionChanges, _ session: PostgresSession) throws {
        if isCopied(changes) { try copy(changes.made, session) }
    }

    func isCopied(_ changes: VersionChanges) -> Bool { changes.made.count >= Self.copyThreshold }

    /// The statement that ends versions. It finds each key's last version separately, by the index: the plan of a join,
    /// made while the table was young, would go on to read all current versions. No index includes `valid_to`, so
    /// setting it leaves all indexes unchanged.
    private func end(_ ended: [(key: RowKey, validTo: Int64)]) -> Statement {
        FencedTransaction.changing(
            exactly: ended.count,
            """
            UPDATE \(name) e SET valid_to = k.valid_to
            FROM unnest($1::bigint[], \(arrays(from: 2))) AS k (valid_to, \(columns(key)))
            CROSS JOIN LATERAL (
                SELECT ctid, valid_to FROM \(name) t WHERE \(matches) ORDER BY t.valid_from DESC LIMIT 1) c
            WHERE e.ctid = c.ctid AND c.valid_to IS NULL
            """,
            [.int8Array(ended.map(\.validTo))]
                + key.indices.map { column in .textArray(ended.map { $0.key.parts[column].text }) })
    }

    private func copy(_ made: [DocumentVersion], _ session: PostgresSession) throws {
        _ = try session.copyIn(copyStatement) { writer in
            for version in made {
                write(
                    version.key, from: version.origin, to: version.validTo, version.stored, version.document.span,
                    to: &writer)
            }
        }
    }

    /// The COPY statement whose rows ``write(_:from:to:_:_:to:)`` writes.
    var copyStatement: String { "COPY \(name) (\(columns(all))) FROM STDIN (FORMAT binary)" }

    /// Writes one version as a COPY row.
    func write(
        _ key: RowKey, from origin: VersionOrigin, to validTo: Int64?, _ values: [StoredValue],
        _ document: Span<UInt8>, to writer: inout BinaryCopyWriter
    ) {
        writer.startRow(columns: 4 + key.parts.count + values.count)
        writer.int8(origin.position)
        if let validTo { writer.int8(validTo) } else { writer.null() }
        if let era = Era(of: origin) { writer.int2(era.number) } else { writer.null() }
        for part in key.parts { writer.text(part.text) }
        for value in values {
            switch value {
            case .text(let text?): writer.text(text)
            case .instant(let instant?): writer.timestamptz(instant.microseconds)
            case .text(nil), .instant(nil): writer.null()
            }
        }
        writer.utf8(document)
    }

    private func insert(_ made: [DocumentVersion]) -> Statement {
        var parameters: [PostgresValue] = [
            .int8Array(made.map(\.origin.position)), .nullableInt8Array(made.map(\.validTo)),
            .nullableInt8Array(made.map { Era(of: $0.origin).map { Int64($0.number) } }),
        ]
        var casts = ["bigint[]", "bigint[]", "bigint[]"]
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
        return Statement(
            sql: "INSERT INTO \(name) (\(columns(all))) SELECT * FROM unnest(\(arrays))", parameters: parameters)
    }

    /// The DDL of the primary key, and of the index of each key's first version.
    var indexes: String {
        """
        ALTER TABLE \(name) ADD PRIMARY KEY (\(columns(key)), valid_from);
        CREATE INDEX ON \(name) (era, \(columns(key)), valid_from) WHERE era IS NOT NULL;
        """
    }

    private var all: [String] { ["valid_from", "valid_to", "era"] + key + stored + ["document"] }

    func columns(_ names: [String]) -> String { names.map(quoteIdentifier).joined(separator: ", ") }

    private func arrays(from first: Int) -> String {
        key.indices.map { "$\($0 + first)::text[]" }.joined(separator: ", ")
    }

    private var matches: String {
        key.map { "t.\(quoteIdentifier($0)) = k.\(quoteIdentifier($0))" }.joined(separator: " AND ")
    }
}
