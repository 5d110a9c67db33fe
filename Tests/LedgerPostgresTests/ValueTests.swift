import LedgerPostgres
import Testing

@Suite("Values")
struct ValueTests {
    @Test func `every kind of parameter comes back as it was sent`() async throws {
        try await withConnection { session in
            let row = try session.execute(
                "SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10",
                [
                    .bool(true), .int4(-7), .int8(.min), .float8(0.1), .text("Zoë \u{0}".replacing("\0", with: "")),
                    .utf8([0xE2, 0x82, 0xAC]), .bytea([0, 255, 0]), .uuid(0x0123_4567_89AB_CDEF, 2),
                    .timestamptz(microsecondsSince1970: 1_700_000_000_123_456), .date(daysSince1970: -1),
                ])[0]
            #expect(try row.bool(0))
            #expect(try row.int4(1) == -7)
            #expect(try row.int8(2) == .min)
            #expect(try row.float8(3) == 0.1)
            #expect(try row.text(4) == "Zoë ")
            #expect(try row.text(5) == "€")
            #expect(try row.utf8(5) == [0xE2, 0x82, 0xAC])
            #expect(try row.bytea(6) == [0, 255, 0])
            #expect(try row.uuid(7) == (0x0123_4567_89AB_CDEF, 2))
            #expect(try row.timestamptz(8) == 1_700_000_000_123_456)
            #expect(try row.date(9) == -1)
        }
    }

    @Test func `the server understands instants, dates and identifiers as they are meant`() async throws {
        try await withConnection { session in
            let row = try session.execute(
                "SELECT $1::timestamptz::text, $2::date::text, $3::uuid::text",
                [
                    .timestamptz(microsecondsSince1970: 1_000_001), .date(daysSince1970: 19_000),
                    .uuid(0x0011_2233_4455_6677, 0x8899_AABB_CCDD_EEFF),
                ])[0]
            #expect(try row.text(0) == "1970-01-01 00:00:01.000001+00")
            #expect(try row.text(1) == "2022-01-08")
            #expect(try row.text(2) == "00112233-4455-6677-8899-aabbccddeeff")
        }
    }

    @Test func `arrays come back as they were sent, empty and with nulls`() async throws {
        try await withConnection { session in
            let row = try session.execute(
                "SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14",
                [
                    .textArray(["a", "", "{,\"}"]), .nullableTextArray(["x", nil]), .utf8Array([[0x61], []]),
                    .int8Array([1, -1]), .nullableInt8Array([nil, 3]), .int4Array([5]),
                    .uuidArray([(1, 2), (3, 4)]), .byteaArray([[0], []]), .timestamptzArray([0, 1]),
                    .nullableTimestamptzArray([nil, 5]), .boolArray([true, false]), .textArray([]),
                    .nullableInt8Array([]), .nullableDateArray([nil, 3]),
                ])[0]
            #expect(try row.textArray(0) == ["a", "", "{,\"}"])
            #expect(try row.nullableTextArray(1) == ["x", nil])
            #expect(try row.textArray(2) == ["a", ""])
            #expect(try row.int8Array(3) == [1, -1])
            #expect(try row.nullableInt8Array(4) == [nil, 3])
            #expect(try row.int4Array(5) == [5])
            #expect(try row.uuidArray(6).map { [$0.0, $0.1] } == [[1, 2], [3, 4]])
            #expect(try row.byteaArray(7) == [[0], []])
            #expect(try row.timestamptzArray(8) == [0, 1])
            #expect(try row.boolArray(10) == [true, false])
            #expect(try row.textArray(11) == [])
            #expect(try row.nullableInt8Array(12) == [])
            #expect(throws: PostgresError.self) { try row.textArray(1) }
        }
    }

    @Test func `nulls and empty values are told apart`() async throws {
        try await withConnection { session in
            let row = try session.execute(
                "SELECT $1::int8, $2::text, $3::text, $4::bytea", [.null, .null, .text(""), .bytea([])])[0]
            #expect(row.isNull(0) && row.isNull(1) && !row.isNull(2) && !row.isNull(3))
            #expect(try row.optionalInt8(0) == nil)
            #expect(try row.optionalText(1) == nil)
            #expect(try row.optionalText(2) == "")
            #expect(try row.bytea(3) == [])
            #expect(throws: PostgresError.self) { try row.int8(0) }
        }
    }

    @Test func `a column read as another type, or that isn't there, is a decoding error`() async throws {
        try await withConnection { session in
            let row = try session.execute("SELECT 1::int4, 'x'::text, 1.5::numeric")[0]
            #expect(try row.int8(0) == 1)
            #expect(throws: PostgresError.self) { try row.text(0) }
            #expect(throws: PostgresError.self) { try row.int8(1) }
            #expect(throws: PostgresError.self) { try row.int8(2) }
            #expect(postgresError { _ = try row.int8(3) }?.isDecodingFailure == true)
            #expect(postgresError { _ = try row.int8(-1) }?.isDecodingFailure == true)
        }
    }

    @Test func `texts of other types are read: json, jsonb, names, enumerations`() async throws {
        try await withConnection { session in
            try session.executeScript("CREATE TYPE pg_temp.mood AS ENUM ('calm')")
            let row = try session.execute(
                "SELECT '{\"a\": 1}'::json, '{\"a\":1}'::jsonb, 'n'::name, 'calm'::pg_temp.mood, 'v'::varchar")[0]
            #expect(try row.text(0) == "{\"a\": 1}")
            #expect(try row.text(1) == "{\"a\": 1}")
            #expect(try row.text(2) == "n")
            #expect(try row.text(3) == "calm")
            #expect(try row.text(4) == "v")
        }
    }

    @Test func `infinities are refused in both directions`() async throws {
        try await withConnection { session in
            let row = try session.execute("SELECT 'infinity'::timestamptz, '-infinity'::date")[0]
            #expect(postgresError { _ = try row.timestamptz(0) }?.isDecodingFailure == true)
            #expect(postgresError { _ = try row.date(1) }?.isDecodingFailure == true)
            for value in [
                PostgresValue.timestamptz(microsecondsSince1970: .min),
                .timestamptz(microsecondsSince1970: .min + 946_684_800_000_000),
                .date(daysSince1970: .min), .date(daysSince1970: .min + 10957), .timestamptzArray([.min]),
            ] {
                let error = postgresError { _ = try session.execute("SELECT $1", [value]) }
                #expect(error?.isEncodingFailure == true)
            }
        }
    }

    @Test func `a result tells its columns, rows and what it changed`() async throws {
        try await withConnection { session in
            try session.executeScript("CREATE TEMP TABLE t (a int8, b text); INSERT INTO t VALUES (1, 'x'), (2, 'y')")
            let rows = try session.execute("SELECT a, b FROM t ORDER BY a")
            #expect(rows.columnNames == ["a", "b"])
            #expect(rows.rowCount == 2)
            #expect(try rows.map { try $0.int8(0) } == [1, 2])
            let update = try session.execute("UPDATE t SET b = 'z'")
            #expect(update.affectedRows == 2)
            #expect(update.rowCount == 0)
            #expect(update.commandTag == "UPDATE 2")
        }
    }
}
