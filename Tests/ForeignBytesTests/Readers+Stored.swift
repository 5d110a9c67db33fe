import Foundation
import LedgerBundle
import LedgerEvents
import LedgerJSON
import LedgerValues
import MarketData
import OptionTrades
import TestSupport

@testable import LedgerPostgres
@testable import Operations
@testable import Parquet

extension ForeignReader {
    // MARK: - Files of observations

    static let observations = [
        ForeignReader("observations as JSON lines", [Array(lines.utf8)], count: 6_000) { try reads($0, &$1, .ndjson) },
        ForeignReader("observations as CSV", [Array(csv.utf8)], count: 6_000) { try reads($0, &$1, .csv) },
    ]

    private static let lines = """
        {"kind":"spot","currency":"BTC","timestamp":"2026-01-21T14:00:00Z","price":91000.5,"source":"x"}
        {"kind":"vol_metrics","currency":"BTC","timestamp":"2026-01-21T14:00:00Z","dvol":"0.583","unit":"fraction"}

        {"kind":"bars","symbol":"SPY","interval":"1m","period":"2026-01-21T12","source":"s","adjustment":"raw","bars":[{"timestamp":"2026-01-21T14:30:00Z","open":1,"high":2,"low":1,"close":2,"volume":10,"vwap":1.5}]}
        """

    private static let csv = """
        kind,currency,timestamp,dvol,price,source\r
        vol_metrics,BTC,2026-01-21T14:00:00Z,58.3,,\r
        spot,BTC,2026-01-21T15:00:00+01:00,,91000.5,\"a \"\"b\"\", c\"\r
        spot,"BTC","2026-01-21T14:00:01Z",,"",""
        """

    /// The lines are the same however the file is cut, and a good one is stored as it was read.
    private static func reads(_ bytes: [UInt8], _ random: inout Mutator, _ format: ImportFormat) throws -> Bool {
        func reading(_ piece: Int) -> [String] {
            var reader = MarketDataReader(ImportOptions(format: format))
            var found: [String] = []
            func take(_ line: MarketDataReader.Line) {
                switch line.content {
                case .success(let payload): found.append("\(line.number) \(String(decoding: payload.encode(), as: UTF8.self))")
                case .failure(let fault): found.append("\(line.number) ! \(fault.reason)")
                }
            }
            var start = 0
            while start < bytes.count {
                let end = min(bytes.count, start + piece)
                reader.read(bytes.span.extracting(start..<end)) { take($0) }
                start = end
            }
            reader.finish { take($0) }
            return found
        }
        let whole = reading(.max >> 1)
        try Broken.unless(reading(random.number(1..<40)) == whole, "another cut gives other lines")
        return whole.contains { !$0.contains(" ! ") }
    }

    // MARK: - What is stored, and files of our own that come back

    static let storage: [ForeignReader] = [alpacaNumbers, copies, eventLines, payloads, parquet, bundleManifest, backupManifest]

    private static func must<T>(_ make: () throws -> T) -> T {
        do { return try make() } catch { preconditionFailure("a sample can't be made: \(error)") }
    }

    /// Every event type's stored sample.
    private static let events: [(type: EventType, version: Int, bytes: [UInt8])] = must {
        let folder = projectRoot + "/Tests/LedgerEventsTests/Samples"
        return try FileManager.default.contentsOfDirectory(atPath: folder).sorted().compactMap { name in
            let parts = name.split(separator: ".")
            guard parts.count == 3, let version = Int(parts[1].dropFirst()) else { return nil }
            let bytes = [UInt8](try Data(contentsOf: URL(filePath: "\(folder)/\(name)")))
            return (EventType(rawValue: String(parts[0])), version, Array(bytes.reversed().drop { $0 == 0x0a }.reversed()))
        }
    }

    private static let payloads = ForeignReader("stored payloads", events.map(\.bytes), count: 20_000) { bytes, random in
        let isSample = events.contains { $0.bytes == bytes }
        for event in isSample ? events.filter({ $0.bytes == bytes }) : [random.pick(events), random.pick(events)] {
            let read = try? TradeEvents.registry.payload(type: event.type, schemaVersion: event.version, bytes: bytes)
            if isSample, read == nil { return false }
        }
        return true
    }

    private static let copies = ForeignReader("COPY rows", [copy], count: 20_000) { bytes, random in
        var parser = BinaryCopyParser()
        var (start, rows) = (0, 0)
        do {
            while start < bytes.count {
                let end = min(bytes.count, start + random.number(1..<60))
                try bytes[start..<end].withUnsafeBytes { chunk in
                    try parser.parse(chunk) { row in
                        rows += 1
                        for column in 0..<min(row.columnCount, 50) {
                            _ = (try? row.int8(column), try? row.int4(column), try? row.text(column), try? row.uuid(column))
                            _ = (try? row.bytea(column), try? row.timestamptz(column), try? row.date(column), try? row.float8(column))
                            _ = try? row.withField(column) { (field) throws(PostgresError) in
                                try field.array("an int8[]", of: [TypeOID.int8]) { (field) throws(PostgresError) in try field.int8() }
                            }
                        }
                    }
                }
                start = end
            }
        } catch is PostgresError {
            return false
        }
        return rows > 0
    }

    private static let copy: [UInt8] = {
        var bytes: [UInt8] = []
        var writer = BinaryCopyWriter { chunk in
            bytes.append(contentsOf: chunk)
            return true
        }
        for row in 0..<3 {
            writer.startRow(columns: 4)
            writer.int8(Int64(row))
            writer.null()
            writer.text("é \(row)")
            // An int8[] of two, in the form of the wire.
            writer.text(
                String(
                    decoding: [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 20, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 8] as [UInt8]
                        + Array(repeating: 0, count: 8)
                        + [0, 0, 0, 8] + Array(repeating: 1, count: 8), as: UTF8.self))
        }
        writer.finish()
        return bytes
    }()

    private static let eventLines = ForeignReader("event lines of a bundle", [eventLine]) { bytes, _ in
        guard let event = try? EventLine.event(bytes) else { return false }
        _ = try? TradeEvents.registry.payload(of: event)
        return true
    }

    private static let eventLine = Array(
        """
        {"effective_at":null,"event_id":"0198c3f2-7d10-7aaa-8bbb-0123456789ab","leaf_hash":"\(String(repeating: "0f", count: 32))",\
        "payload":{"missing_since":"2026-01-21T14:00:00Z"},"position":7,"recorded_at":"2026-01-21T14:00:00.000001Z",\
        "run_id":"0198c3f2-7d10-7aaa-8bbb-0123456789ab","schema_version":1,"stream":"execution-alpha_sync:T-1","stream_version":2,\
        "type":"AlphaExecutionMissing"}
        """.utf8)

    private static let bundleManifest = ForeignReader("manifests of bundles", [bundle.encode()]) { bytes, _ in
        guard let read = try? BundleManifest(decoding: bytes, of: TradeLedger.names) else { return false }
        try Broken.unless(read.encode() == bytes, "a manifest is written otherwise")
        return true
    }

    private static let bundle = BundleManifest(
        names: TradeLedger.names, ledgerID: UniqueID(high: 1, low: 2), position: 12, root: Digest32(Array(0..<32)),
        files: [.init(path: "events.ndjson", bytes: 7, sha256: String(repeating: "ab", count: 32))],
        views: [
            .init(
                projection: "trades", version: "v1", codeVersion: 1,
                rules: [.init(file: "projections/trades/rules.v1.yaml", version: 1, digest: String(repeating: "ab", count: 32))],
                tree: .init(rows: 3, digest: String(repeating: "cd", count: 32), root: Digest32(Array(0..<32))))
        ])

    private static let backupManifest = ForeignReader("manifests of backups", [backup.encode()]) { bytes, _ in
        guard let read = try? BackupManifest(decoding: bytes) else { return false }
        try Broken.unless(read.encode() == bytes, "a manifest is written otherwise")
        return true
    }

    private static let backup = BackupManifest(
        createdAt: Instant("2026-01-21T14:00:00Z")!, ledgerID: UniqueID(high: 1, low: 2), position: 12, root: Digest32(Array(0..<32)),
        vkey: "alpha-ledger/test+00000000+AAAA", schemaVersion: 14, serverVersion: 150_018, database: "ledger", user: "alpha_ledger",
        projections: [.init(projection: "trades", version: "v1", codeVersion: 1, position: 12, digest: nil)],
        files: [.init(path: "postgres/PG_VERSION", bytes: 3, sha256: String(repeating: "ab", count: 32))])

    // MARK: - Parquet

    private static let parquet = ForeignReader("Parquet files", files, count: 15_000) { bytes, _ in
        let reader = try? ParquetReader(size: bytes.count, codecs: [.none]) { offset, count in
            // The reader asks for nothing outside the file, however the footer lies.
            guard offset >= 0, count >= 0, count <= bytes.count - offset else { throw Broken("bytes outside the file are asked for") }
            return Array(bytes[offset..<offset + count])
        }
        _ = try? ParquetMetadata(decoding: bytes)
        guard let reader else { return false }
        var isRead = true
        for group in reader.metadata.groups.indices {
            for column in reader.metadata.columns.indices {
                let values: ParquetValues
                do {
                    values = try reader.values(group: group, column: column)
                } catch is ParquetError {
                    isRead = false
                    continue
                }
                for row in 0..<reader.metadata.groups[group].rows where !values.isNull(row) {
                    switch reader.metadata.columns[column].type {
                    case .string, .bytes: _ = values.bytes(row)
                    case .boolean: _ = values.bool(row)
                    default: _ = values.number(row)
                    }
                }
            }
        }
        return isRead
    }

    private static let files: [[UInt8]] = must {
        try [3, 40].map { rows in
            let types: [ParquetType] = [.string, .int64, .boolean, .date, .timestamp, .decimal(precision: 28, scale: 10)]
            var writer = ParquetWriter(types.enumerated().map { ParquetColumn("c\($0.offset)", $0.element) }, codec: .none)
            var bytes: [UInt8] = []
            for row in 0..<rows {
                if row % 7 == 3 { writer.appendNull(to: 0) } else { writer.append("é\(row % 5)", to: 0) }
                writer.append(Int64(row), to: 1)
                writer.append(row % 2 == 0, to: 2)
                writer.append(Int64(row) + 20_000, to: 3)
                writer.append(Int64(row) * 1_000_000, to: 4)
                _ = writer.append(decimal: Int128(row) << 40, to: 5)
                if row == rows / 2 { bytes += try writer.finishRowGroup() }
            }
            return bytes + (try writer.finish(keyValues: [.init("k", "v")], createdBy: "tests"))
        }
    }
}
