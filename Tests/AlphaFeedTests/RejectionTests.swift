import AlphaFeed
import LedgerJSON
import OptionTrades
import Testing

/// Every reason for which a row is rejected (docs/contract/alpha-feed.md, "Rejection"), each row fetched over HTTP.
@Suite("Rejected rows", .timeLimit(.minutes(1)))
struct RejectionTests {
    private typealias Expected = (row: String, reasons: [String])

    /// Fetches the rows on one page and checks what each is rejected for; an accepted row has no reasons.
    private func check(
        _ expected: [Expected], includePending: Bool = false, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let body = """
            {"rows":[\(expected.map(\.row).joined(separator: ",\n"))],
            "nextCursor":null,"hasMore":false,"watermark":"\(ScriptedFeed.watermark)"}
            """
        let scope = try ExecutionScope(portfolios: ["ICOI", "IMST"], includePending: includePending)
        let run = try await ScriptedFeed(body).fetch(scope)
        let rows = try #require(run.pages.first).rows
        for (row, (text, reasons)) in zip(rows, expected) {
            switch RowNormalizer.normalize(row, scope: scope) {
            case .accepted:
                #expect(reasons == [], "\(text)", sourceLocation: sourceLocation)
            case .rejected(let raw, let found, _, _):
                #expect(found == reasons, "\(text)", sourceLocation: sourceLocation)
                #expect(raw == text, sourceLocation: sourceLocation)
            }
        }
        #expect(run.pages.first?.rowCount == expected.count, sourceLocation: sourceLocation)
    }

    /// Rows in which one key has these values, which are all invalid or all valid.
    private func rows(_ key: String, invalid: [String] = [], valid: [String] = []) -> [Expected] {
        invalid.map { (FeedRow.least.with(key, $0).description, ["invalid:\(key)"]) }
            + valid.map { (FeedRow.least.with(key, $0).description, []) }
    }

    @Test func `The full and the least row are accepted`() async throws {
        try await check([
            (FeedRow.full.description, []), (FeedRow.full.reversed.description, []), (FeedRow.least.description, []),
        ])
    }

    @Test func `What is no object is an invalid row`() async throws {
        try await check(["null", "1.50", #""row""#, "[]", "true"].map { ($0, ["invalid:row"]) })
    }

    @Test func `A row and each of its values have a longest form`() async throws {
        func row(notes: Int, rest: Int = 0) -> String {
            var row = FeedRow.least.with("notes", "\"\(String(repeating: "n", count: notes))\"").description
            row.insert(contentsOf: String(repeating: " ", count: rest), at: row.index(before: row.endIndex))
            return row
        }
        let spare = RowNormalizer.longestRow - row(notes: 10).utf8.count
        try await check([
            (row(notes: 4_094), []), (row(notes: 4_095), ["invalid:row"]),
            (row(notes: 10, rest: spare), []), (row(notes: 10, rest: spare + 1), ["invalid:row"]),
            (
                FeedRow.least.with("else", "\"\(String(repeating: "e", count: 4_095))\"").with("strike", "-1").description,
                ["invalid:row", "invalid:strike"]
            ),
            // Of a row that is too long the other reasons may be too long too.
            (FeedRow.least.with("strike", "-1").with("notes", "\"\(String(repeating: "n", count: 70_000))\"").description, ["invalid:row"]),
        ])
    }

    @Test func `A required key may not be absent, null or empty`() async throws {
        for key in FeedRow.required {
            try await check([
                (FeedRow.full.without(key).description, ["missing:\(key)"]),
                (FeedRow.full.with(key, "null").description, ["missing:\(key)"]),
                (FeedRow.full.with(key, #""""#).description, ["missing:\(key)"]),
            ])
        }
        try await check([
            ("{}", ["missing:tradeDate", "missing:tradeId", "missing:tradeStatus", "missing:updatedAt"])
        ])
    }

    @Test func `Every other key may be absent, null or empty`() async throws {
        for key in FeedRow.keys where !FeedRow.required.contains(key) {
            try await check([
                (FeedRow.full.without(key).description, []), (FeedRow.full.with(key, "null").description, []),
                (FeedRow.full.with(key, #""""#).description, []),
            ])
        }
    }

    @Test func `No key takes a value of a type that is not its own`() async throws {
        for key in FeedRow.keys {
            var wrong = ["{}", "[]", #"["a"]"#]
            if key != "isSynthetic" { wrong += ["true", "false"] }
            let decimals = [
                "strike", "filledQuantity", "pendingQuantity", "price", "contractMultiplier", "premiumUsd", "feesUsd",
                "tradedIv", "spotAtTrade",
            ]
            if !decimals.contains(key) { wrong += ["0", "1.5"] }
            try await check(rows(key, invalid: wrong))
        }
        try await check(rows("isSynthetic", invalid: [#""true""#, "1"], valid: ["true", "false"]))
    }

    @Test func `U+0000 and unpaired surrogates are invalid in every string`() async throws {
        for key in FeedRow.keys where key != "isSynthetic" {
            try await check(rows(key, invalid: [#""\u0000""#, #""a\u0000b""#, #""\ud83d""#, #""\ude00\ud83d""#]))
        }
        try await check(rows("notes", valid: [#""\ud83d\ude00""#, #""\u0001\t\n\u007f""#, "\"\u{10FFFF}\""]))
    }

    @Test func `A trade id has 1 to 128 Unicode scalars`() async throws {
        // Each of these is one character of Swift, and several scalars or bytes.
        for scalar in ["a", "é", "\u{1F600}", "\u{301}", #"\u00e9"#, #"\ud83d\ude00"#] {
            let longest = String(repeating: scalar, count: 128)
            try await check(rows("tradeId", invalid: ["\"\(longest)a\""], valid: ["\"\(longest)\"", "\"\(scalar)\""]))
        }
        try await check(rows("tradeId", valid: [#"" ""#]))
    }

    @Test func `Instants have a zone, six fractional digits at most, and a year from 1970 to 2199`() async throws {
        for key in ["updatedAt", "tradeDate", "createdAt"] {
            try await check(
                rows(
                    key,
                    invalid: [
                        #""2026-01-15""#, #""2026-01-15T15:30:00""#, #""2026-01-15 15:30:00Z""#,
                        #""2026-01-15t15:30:00Z""#,
                        #""2026-01-15T15:30:60Z""#, #""2026-01-15T15:30:00.1234567Z""#, #""2026-01-15T15:30:00.Z""#,
                        #""2026-02-29T00:00:00Z""#, #""1969-12-31T23:59:59Z""#, #""2200-01-01T00:00:00Z""#,
                        #""2026-01-15T15:30:00+0100""#, #"" 2026-01-15T15:30:00Z""#, "1768491000",
                    ],
                    valid: [
                        #""2028-02-29T00:00:00Z""#, #""1970-01-01T00:00:00Z""#, #""2199-12-31T23:59:59.999999Z""#,
                        #""2026-01-15T15:30:00.1-05:00""#, #""2026-01-15T15:30:00\u005a""#,
                    ]))
        }
    }

    @Test func `An expiry is a real date`() async throws {
        try await check(
            rows(
                "expiry",
                invalid: [#""2026-02-29""#, #""2026-1-30""#, #""20260130""#, #""2026-01-30T00:00:00Z""#, "20260130"],
                valid: [#""2028-02-29""#]))
    }

    @Test func `Enumerations are exact`() async throws {
        let pairs: [(key: String, values: [String])] = [
            ("tradeStatus", ["FILLED", "PARTIALLY_FILLED", "CANCELLED", "REJECTED", "BUSTED"]),
            ("side", ["BUY", "SELL"]), ("optionType", ["CALL", "PUT"]),
        ]
        for (key, values) in pairs {
            let wrong = values.flatMap { [$0.lowercased(), " \($0)", "\($0) ", "\($0)X"] } + ["OTHER", " "]
            try await check(rows(key, invalid: wrong.map { "\"\($0)\"" }, valid: values.map { "\"\($0)\"" }))
        }
        try await check(rows("side", valid: [#""\u0042UY""#]))
    }

    @Test func `A currency is three to five capital letters of ASCII`() async throws {
        try await check(
            rows(
                "priceCurrency", invalid: ["US", "USDTTT", "usd", "US1", "USD ", "ÄBC", "ＵＳＤ"].map { "\"\($0)\"" },
                valid: ["USD", "USDT", "USDTE"].map { "\"\($0)\"" }))
    }

    @Test func `Decimals have the grammar of JSON numbers, ten fractional digits and 18 whole ones at most`()
        async throws
    {
        let keys = [
            "strike", "filledQuantity", "pendingQuantity", "price", "contractMultiplier", "premiumUsd", "feesUsd",
            "tradedIv", "spotAtTrade",
        ]
        let outOfBounds = [
            "0.12345678901", "1000000000000000000", "1e18", "1e-11", "1e999999999", "1e-999999999", "-1e18",
        ]
        let inBounds = [
            "0.1234567890", "0.12345678900000", "999999999999999999.9999999999", "1e17", "1E-10", "12e+1", "0.1e-9",
            "100000000000000000000e-5",
        ]
        let notNumbers = [
            "+1", "01", "1.", ".5", "1,5", " 1", "1 ", "0x10", "NaN", "Infinity", "1e", "--1", "-", "1_000", "１", "a",
        ]
        for key in keys {
            try await check(
                rows(
                    key,
                    invalid: outOfBounds + (outOfBounds + notNumbers).map { "\"\($0)\"" },
                    valid: inBounds + inBounds.map { "\"\($0)\"" } + [#""\u0031""#]))
        }
    }

    @Test func `Decimals keep their signs' rules`() async throws {
        let zeros = ["0", "-0", "0.0", "0e5", #""0""#, #""-0.00""#]
        let negatives = ["-1", "-0.0000000001", #""-1""#]
        for key in ["strike", "contractMultiplier", "tradedIv", "spotAtTrade"] {
            try await check(rows(key, invalid: zeros + negatives))
        }
        for key in ["pendingQuantity", "price", "premiumUsd"] {
            try await check(rows(key, invalid: negatives, valid: zeros))
        }
        try await check(rows("feesUsd", valid: zeros + negatives))
        try await check(rows("filledQuantity", invalid: zeros + negatives))
    }

    @Test func `Zero is a filled quantity only where nothing had to be filled`() async throws {
        for (status, isAllowed) in [
            ("FILLED", false), ("PARTIALLY_FILLED", false), ("PENDING", true), ("CANCELLED", true), ("REJECTED", true),
            ("BUSTED", true),
        ] {
            let row = FeedRow.least.with("tradeStatus", "\"\(status)\"").with("filledQuantity", "0.00")
            for row in [row, row.reversed] {
                try await check(
                    [(row.description, isAllowed ? [] : ["invalid:filledQuantity"])], includePending: true)
            }
        }
        // A status that is not known to be one of the two does not make it wrong.
        try await check([
            (
                FeedRow.least.with("tradeStatus", #""X""#).with("filledQuantity", "0").description,
                ["invalid:tradeStatus"]
            ),
            (FeedRow.least.without("tradeStatus").with("filledQuantity", "0").description, ["missing:tradeStatus"]),
        ])
    }

    @Test func `An option symbol is an OCC symbol`() async throws {
        let symbols = [
            "", "A", "MSTR260130X00350000", "mstr260130C00350000", "MSTR260230C00350000", "MSTR260130C0035000",
            "MSTR260130C00000000", " MSTR260130C00350000", "MSTR260130C00350000 ", "TOOLONG260130C00350000",
            "1MST260130C00350000", "BRK.B260130C00350000", "MSTR 260130 C00350000", "260130C00350000",
        ].dropFirst()
        try await check(
            rows(
                "optionSymbol", invalid: symbols.map { "\"\($0)\"" },
                valid: [
                    "MSTR260130C00350000", "MSTR  260130P00350000", "MSTR 260130C00350000", "A280229C00000001",
                    "SPXW1 991231P99999999", "ABCDEF260130C00350000",
                ].map { "\"\($0)\"" }))
    }

    @Test func `A symbol contradicts the fields that are there and valid`() async throws {
        let base = FeedRow.full
        try await check([
            (base.with("optionType", #""PUT""#).description, ["symbol_mismatch:optionType"]),
            (base.with("strike", "350.001").description, ["symbol_mismatch:strike"]),
            (base.with("strike", #""3.5e2""#).description, []),
            (base.with("expiry", #""2026-01-31""#).description, ["symbol_mismatch:expiry"]),
            (base.with("expiry", #""1926-01-30""#).description, ["symbol_mismatch:expiry"]),
            (
                base.with("optionSymbol", #""MSTR260131P00350001""#).description,
                ["symbol_mismatch:expiry", "symbol_mismatch:optionType", "symbol_mismatch:strike"]
            ),
            // Nothing to contradict, or nothing to contradict it with.
            (base.without("strike").without("expiry").with("optionType", "null").description, []),
            (base.with("strike", #""""#).description, []), (base.with("strike", "-1").description, ["invalid:strike"]),
            (base.with("optionSymbol", #""X""#).with("strike", "1").description, ["invalid:optionSymbol"]),
            (base.without("optionSymbol").with("strike", "1").description, []),
            // The root is never a reason.
            (base.with("underlyingSymbol", #""IBIT""#).description, []),
        ])
    }

    @Test func `A portfolio that is named must be of the scope, byte for byte`() async throws {
        let reason = ["out_of_scope:portfolioName"]
        try await check([
            (FeedRow.least.with("portfolioName", #""IMST""#).description, []),
            (FeedRow.least.with("portfolioName", #""OTHER""#).description, reason),
            (FeedRow.least.with("portfolioName", #""icoi""#).description, reason),
            (FeedRow.least.with("portfolioName", #""ICOI ""#).description, reason),
            (FeedRow.least.with("portfolioName", #""ICOI,IMST""#).description, reason),
            (FeedRow.least.with("portfolioName", "null").description, []),
        ])
        let composed = try ExecutionScope(portfolios: ["\u{e9}"])
        let row = try JSONDocument(parsing: Array(FeedRow.least.with("portfolioName", "\"e\u{301}\"").description.utf8))
        guard case .rejected(_, reason, _, _) = RowNormalizer.normalize(row.root, scope: composed) else {
            Issue.record("another spelling of é is another portfolio")
            return
        }
    }

    @Test func `A pending trade must have been asked for`() async throws {
        let row = FeedRow.full.with("tradeStatus", #""PENDING""#).description
        try await check([(row, ["pending_not_requested"])])
        try await check([(row, [])], includePending: true)
    }

    @Test func `All reasons are given, sorted by bytes, each once`() async throws {
        try await check([
            (
                FeedRow.full.without("tradeDate").with("tradeId", "7").with("tradeStatus", #""PENDING""#)
                    .with("portfolioName", #""X""#).with("strike", "1").with("price", "-1").with("notes", #""\u0000""#)
                    .with("updatedAt", "null").description,
                [
                    "invalid:notes", "invalid:price", "invalid:tradeId", "missing:tradeDate", "missing:updatedAt",
                    "out_of_scope:portfolioName", "pending_not_requested", "symbol_mismatch:strike",
                ]
            ),
            (
                FeedRow.least.with("isSynthetic", "1").with("Zeta", "1").with("broker", "1").with("alpha", "{}")
                    .description,
                ["invalid:broker", "invalid:isSynthetic"]
            ),
        ])
    }
}
