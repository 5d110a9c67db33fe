import LedgerPostgres
import Testing

@Suite("COPY")
struct CopyTests {
    private static let rowCount = 100_000

    @Test func `100,000 rows go in and come out`() async throws {
        try await withConnection { session in
            try session.executeScript(
                "CREATE TEMP TABLE t (i int8, n int4, s text, b bytea, u uuid, at timestamptz, d date, a text[], f bool)"
            )
            let count = try session.copyIn("COPY t FROM STDIN (FORMAT binary)") { writer in
                for index in 0..<Self.rowCount {
                    writer.startRow(columns: 9)
                    writer.int8(Int64(index))
                    if index % 3 == 0 { writer.null() } else { writer.int4(Int32(index)) }
                    writer.text("row \(index)")
                    writer.bytea([UInt8(truncatingIfNeeded: index)])
                    writer.uuid(UInt64(index), 7)
                    writer.timestamptz(Int64(index) * 1_000_000)
                    writer.date(Int32(index))
                    writer.textArray(index % 2 == 0 ? [] : ["a", "\(index)"])
                    writer.bool(index % 2 == 0)
                }
            }
            #expect(count == Int64(Self.rowCount))
            var next = 0
            try session.copyOut("COPY (SELECT * FROM t ORDER BY i) TO STDOUT (FORMAT binary)") { row in
                let index = next
                next += 1
                guard try row.int8(0) == Int64(index),
                    try row.optionalInt4(1) == (index % 3 == 0 ? nil : Int32(index)),
                    try row.text(2) == "row \(index)", try row.bytea(3) == [UInt8(truncatingIfNeeded: index)],
                    try row.uuid(4) == (UInt64(index), 7), try row.timestamptz(5) == Int64(index) * 1_000_000,
                    try row.date(6) == Int32(index),
                    try row.textArray(7) == (index % 2 == 0 ? [] : ["a", "\(index)"]),
                    try row.bool(8) == (index % 2 == 0)
                else { throw PostgresTestFailure.differentRow(index) }
            }
            #expect(next == Self.rowCount)
        }
    }

    @Test func `rows larger than a chunk go both ways`() async throws {
        try await withConnection { session in
            try session.executeScript("CREATE TEMP TABLE t (s text)")
            let text = [UInt8](repeating: 0x61, count: 3_000_000)
            _ = try session.copyIn("COPY t FROM STDIN (FORMAT binary)") { writer in
                for _ in 0..<3 {
                    writer.startRow(columns: 1)
                    writer.utf8(text)
                }
            }
            var sizes: [Int] = []
            try session.copyOut("COPY t TO STDOUT (FORMAT binary)") { row in
                sizes.append(try row.withBytes(0) { $0.count } ?? -1)
            }
            #expect(sizes == [3_000_000, 3_000_000, 3_000_000])
        }
    }

    @Test func `an empty COPY is complete in both directions`() async throws {
        try await withConnection { session in
            try session.executeScript("CREATE TEMP TABLE t (s text)")
            #expect(try session.copyIn("COPY t FROM STDIN (FORMAT binary)") { _ in } == 0)
            try session.copyOut("COPY t TO STDOUT (FORMAT binary)") { _ in throw PostgresTestFailure.differentRow(0) }
        }
    }

    @Test func `an error while rows go in leaves nothing behind and the session usable`() async throws {
        try await withConnection { session in
            try session.executeScript("CREATE TEMP TABLE t (i int8 PRIMARY KEY)")
            let thrown = Result { try Self.copy(session, (0..<100_000).map { Int64($0) }, isGivenUp: true) }
            #expect(throws: PostgresTestFailure.self) { try thrown.get() }
            let duplicate = postgresError { try Self.copy(session, Array(repeating: 1, count: 100_000)) }
            #expect(duplicate?.isUniqueViolation == true)
            let infinite = postgresError { try Self.copyInfinity(session) }
            #expect(infinite?.isEncodingFailure == true)
            #expect(try session.execute("SELECT count(*) FROM t")[0].int8(0) == 0)
        }
    }

    @Test func `an error while rows come out leaves the session usable`() async throws {
        try await withConnection { session throws in
            let thrown = Result { try Self.giveUpReading(session) }
            #expect(throws: PostgresTestFailure.self) { try thrown.get() }
            let failed = postgresError { try Self.readFailingQuery(session) }
            #expect(failed?.sqlState == SQLState(rawValue: "22012"))
            #expect(try session.execute("SELECT 1")[0].int8(0) == 1)
        }
    }

    private static func giveUpReading(_ session: PostgresSession) throws {
        try session.copyOut("COPY (SELECT generate_series(1, 10000000)) TO STDOUT (FORMAT binary)") { _ in
            throw PostgresTestFailure.differentRow(1)
        }
    }

    private static func readFailingQuery(_ session: PostgresSession) throws {
        try session.copyOut("COPY (SELECT 1 / (5 - i) FROM generate_series(1, 9) i) TO STDOUT (FORMAT binary)") { row in
            _ = try row.int4(0)
        }
    }

    private static func copyInfinity(_ session: PostgresSession) throws {
        _ = try session.copyIn("COPY t FROM STDIN (FORMAT binary)") { writer in
            writer.startRow(columns: 1)
            writer.timestamptz(.min)
        }
    }

    private static func copy(
        _ session: PostgresSession, _ values: [Int64], isGivenUp: Bool = false
    ) throws {
        _ = try session.copyIn("COPY t FROM STDIN (FORMAT binary)") { writer in
            for value in values {
                writer.startRow(columns: 1)
                writer.int8(value)
            }
            if isGivenUp { throw PostgresTestFailure.differentRow(0) }
        }
    }

    @Test func `a row kept beyond its call can't be read`() async throws {
        try await withConnection { session in
            var kept: BinaryCopyRow?
            try session.copyOut("COPY (SELECT 1) TO STDOUT (FORMAT binary)") { kept = $0 }
            let row = try #require(kept)
            #expect(throws: PostgresError.self) { try row.int4(0) }
        }
    }

    @Test func `settings of a COPY hold for it alone, in a transaction or outside of one, whether it ends well or not`() async throws {
        try await withConnection { session throws in
            #expect(try Self.sortDuringCopy(session) == ["off1"])
            #expect(try Self.sort(session) == "on")
            let inside = try session.transaction { (try Self.sortDuringCopy(session), try Self.sort(session)) }
            #expect(inside.0 == ["off1"])
            #expect(inside.1 == "on")
            #expect(try Self.sort(session) == "on")
            let failed = postgresError { _ = try Self.sortDuringCopy(session, divisor: 0) }
            #expect(failed?.sqlState == SQLState(rawValue: "22012"))
            #expect(try Self.sort(session) == "on")
        }
    }

    private static func sort(_ session: PostgresSession) throws -> String {
        try session.execute("SHOW enable_sort")[0].text(0)
    }

    private static func sortDuringCopy(_ session: PostgresSession, divisor: Int = 1) throws -> [String] {
        var texts: [String] = []
        try session.copyOut(
            "COPY (SELECT current_setting('enable_sort') || 1 / \(divisor)) TO STDOUT (FORMAT binary)",
            settings: ["enable_sort": "off", "enable_seqscan": "off"]
        ) { texts.append(try $0.text(0)) }
        return texts
    }
}

enum PostgresTestFailure: Error, Equatable {
    case differentRow(Int)
}
