import API
import Foundation
import LedgerEvents
import LedgerJSON
import LedgerValues
import Operations
import OptionTrades
import SampleScope
import TestSupport
import Testing
import Yams

/// `schema/openapi.yaml` against the service, both ways: what is described is there, what is there is described, and
/// real answers are what the description says, by a validator that shares nothing with ours.
@Suite struct DescriptionTests {
    private static let keys = [
        "ALPHA_LEDGER_READ_KEY": "reader-key-of-tests", "ALPHA_LEDGER_ADMIN_KEY": "admin-key-of-tests",
        "ALPHA_LEDGER_TRADE_KEY": "trade-key-of-tests",
    ]

    private static func key(of path: String) -> String { path.hasPrefix("/api/broker") ? "trade-key-of-tests" : "admin-key-of-tests" }

    /// A described operation: its query parameters, or the keys of its body.
    private struct Operation: Sendable {
        let method: String
        let path: String
        let names: [String]
    }

    static func description() throws -> [String: Any] {
        let text = try String(contentsOfFile: projectRoot + "/schema/openapi.yaml", encoding: .utf8)
        return try #require(try Yams.load(yaml: text) as? [String: Any])
    }

    private func operations() throws -> [Operation] {
        let description = try Self.description()
        let paths = try #require(description["paths"] as? [String: [String: [String: Any]]])
        let components = try #require(description["components"] as? [String: [String: Any]])
        var operations: [Operation] = []
        for (path, item) in paths {
            for (method, operation) in item {
                let names = method == "get" ? Self.parameters(operation, components) : try Self.bodyKeys(operation, components)
                operations.append(Operation(method: method.uppercased(), path: path, names: names.sorted()))
            }
        }
        return operations
    }

    private static func parameters(_ operation: [String: Any], _ components: [String: [String: Any]]) -> [String] {
        (operation["parameters"] as? [[String: Any]] ?? []).compactMap { reference in
            let name = (reference["$ref"] as? String)?.split(separator: "/").last.map(String.init) ?? ""
            let parameter = components["parameters"]?[name] as? [String: Any]
            return parameter?["in"] as? String == "query" ? parameter?["name"] as? String : nil
        }
    }

    @Test func `every route is described, and every described operation is a route`() throws {
        let described = try Set(operations().map { "\($0.method) \($0.path)" })
        let served = Set(API.routeTable.map { "\($0.method) \($0.path)" })
        #expect(described.subtracting(served) == [] && served.subtracting(described) == [])
    }

    @Test func `every parameter and body key that the service takes is described, and no other`() async throws {
        let operations = try operations()
        try await withService(Self.keys, projectors: false) { service in
            for operation in operations {
                let target = Self.filled(operation.path)
                let answer =
                    operation.method == "GET"
                    ? try await service.ask("\(target)?no_such=1", headers: [("Authorization", "Bearer reader-key-of-tests")])
                    : try await service.post(target, #"{"no_such":true}"#, key: Self.key(of: operation.path))
                #expect(answer.status == 400, "\(operation.path)")
                #expect(try Self.expected(answer) == operation.names, "\(operation.path)")
            }
        }
    }

    /// The values that a view's filter is described with; nil for a filter that is not described.
    private static func described(_ view: View, _ parameter: String) throws -> [String]? {
        let description = try description()
        let paths = description["paths"] as? [String: [String: [String: Any]]]
        let parameters = (description["components"] as? [String: Any])?["parameters"] as? [String: [String: Any]]
        let references = paths?["\(view.path)"]?["get"]?["parameters"] as? [[String: Any]] ?? []
        let named = references.compactMap { ($0["$ref"] as? String)?.split(separator: "/").last.flatMap { parameters?[String($0)] } }
        guard let filter = named.first(where: { $0["name"] as? String == parameter }) else { return nil }
        return (filter["schema"] as? [String: Any])?["enum"] as? [String] ?? []
    }

    @Test func `filters have the values that the views declare, which the service takes and no other`() async throws {
        try await withService(projectors: false) { service in
            for view in View.all {
                for filter in view.filters {
                    let described = try #require(try Self.described(view, filter.parameter), "\(view.name) \(filter.parameter)")
                    #expect(Set(described) == Set(filter.values), "\(view.name) \(filter.parameter)")
                    guard let first = filter.values.first else { continue }
                    for value in filter.values {
                        #expect(try await service.ask("\(view.path)?\(filter.parameter)=\(value)").status == 200, "\(view.name) \(value)")
                    }
                    let otherCase = first == first.uppercased() ? first.lowercased() : first.uppercased()
                    for wrong in ["nonsense", "", first + "x", otherCase] {
                        let answer = try await service.ask("\(view.path)?\(filter.parameter)=\(wrong)")
                        let code = try answer.code()
                        #expect(answer.status == 400 && code == "bad_parameter", "\(view.name) \(wrong)")
                        let detail = try answer.json()["detail"]?.string ?? ""
                        #expect(filter.values.allSatisfy { detail.contains($0) }, "\(detail)")
                    }
                }
            }
        }
    }

    @Test(.enabled(if: Validator.isInstalled, "python3 has no jsonschema"))
    func `real answers of every operation are what is described`() async throws {
        let quotes = try await SampleQuoteServer.start(apiKey: "vendor-key")
        let feed = try await SampleFeedServer.start(feed: .sample, apiKey: "feed-key")
        let settings = Self.keys.merging([
            "ALPHA_TRADE_FEED_URL": feed.url, "ALPHA_TRADE_FEED_API_KEY": "feed-key", "ALPHA_TRADE_FEED_PORTFOLIOS": "IMST,ICOI",
            "AMBERDATA_BASE_URL": quotes.baseURL, "AMBERDATA_API_KEY": "vendor-key",
        ]) { $1 }
        let operations = try operations()
        let answers = try await withService(settings, projectors: false) { service in
            var answers: [Validator.Answer] = []
            for (pattern, body) in Self.posts where operations.contains(where: { $0.method == "POST" && $0.path == pattern }) {
                let answer = try await service.post(Self.filled(pattern), body, key: Self.key(of: pattern))
                answers.append(.init("POST", pattern, answer))
            }
            let time = try instant("2026-01-05T08:00:00Z")
            try await service.ledger.log.append(
                try MarketKind.allCases.map { try sampleObserved($0, "BTC", at: time).event(previousVersion: 0) }
                    + [sampleCaptured("BTC", at: time).event(previousVersion: 0)] + sampleFlow(),
                runID: service.ledger.newID())
            try await service.ledger.bringUpToDate(service.ledger.registry.names)
            for operation in operations where operation.method == "GET" {
                let path = operation.path
                for query in Self.queries(path) {
                    let headers = query.contains("nokey") ? [] : [("Authorization", "Bearer reader-key-of-tests")]
                    if path.hasSuffix("/stream") && !query.contains("no_such") && !query.contains("nokey") { continue }
                    answers.append(.init("GET", path, try await service.ask(Self.filled(path) + query, headers: headers)))
                }
            }
            return answers
        }
        await quotes.stop()
        await feed.stop()
        let problems = try Validator.problems(answers)
        #expect(problems == [])
        // Rows of every view were among them, or their types were not looked at.
        for path in ["", "/positions", "/context", "/execution-quality", "/opportunity-alignment", "/outcomes", "/sync-state"] {
            let page = try #require(answers.first { $0.path == "/api/internal/trades\(path)" && $0.status == 200 })
            #expect(try JSONDocument(parsing: Array(page.body.utf8)).root["rows"]?.count ?? 0 > 0, "\(path)")
        }
        let stated = try #require(answers.first { $0.method == "GET" && $0.path == "/api/internal/assertions" && $0.status == 200 })
        #expect(try JSONDocument(parsing: Array(stated.body.utf8)).root["rows"]?.count == 1)
        for view in View.all where view.latest != nil {
            let counts = try answers.filter { $0.path == "\(view.path)" && $0.status == 200 }
                .map { try JSONDocument(parsing: Array($0.body.utf8)).root["rows"]?.count ?? 0 }
            // Rows, the latest ones, and points.
            #expect(counts.count { $0 == 1 } >= (view.hasPoints ? 8 : 6), "\(view.name)")
        }
    }

    @Test(.enabled(if: Validator.isInstalled, "python3 has no jsonschema"))
    func `an answer of every analysis is what its published schema says, with data and without`() async throws {
        try await withService(projectors: false) { service in
            let now = "2026-04-01T00:00:00Z"
            let head = try await service.observe(days: 75, before: now)
            for analysis in MarketAnalysis.all {
                var answers: [[UInt8]] = []
                for query in ["currency=BTC&as_of_position=\(head)&as_of=\(now)&receipt=true", "currency=SOL"] {
                    let answer = try await service.ask("\(analysis.path)?\(query)")
                    #expect(answer.status == 200, "\(String(decoding: answer.body, as: UTF8.self))")
                    answers.append(answer.body)
                }
                #expect(try Validator.problems(answers, schema: "\(projectRoot)/schema/analyses/\(analysis.name).v1.json") == [])
            }
        }
    }

    /// Bodies in the order in which they are posted: what later answers show comes from them.
    private static let posts = [
        ("/api/internal/trades/sync", #"{"dry_run":false,"full_scope":true}"#), ("/api/internal/trades/sync", ""),
        ("/api/internal/trades/context/backfill", #"{"dry_run":false,"limit":20}"#),
        ("/api/internal/trades/execution-benchmarks/backfill", #"{"dry_run":false,"limit":12}"#),
        ("/api/internal/trades/outcomes/backfill", #"{"dry_run":false,"limit":12}"#),
        ("/api/internal/trades/context/backfill", #"{"preview":true,"force":true}"#),
        ("/api/internal/trades/execution-benchmarks/backfill", #"{"preview":true}"#),
        ("/api/internal/trades/outcomes/backfill", #"{"preview":true,"retry":true}"#),
        ("/api/internal/trades/outcomes/backfill", #"{"preview":true,"dry_run":false}"#),
        ("/api/internal/trades/outcomes/backfill", #"{"horizons":["x"]}"#), ("/api/internal/trades/sync", "{"),
        ("/api/internal/assertions", stated(dryRun: true)), ("/api/internal/assertions", stated(dryRun: false)),
        ("/api/internal/assertions", stated(dryRun: false)), ("/api/internal/assertions", #"{"kind":"none"}"#),
        ("/api/internal/assertions/{assertion_id}/withdraw", #"{"by":"operations","reason":"wrong"}"#),
        ("/api/internal/assertions/{assertion_id}/withdraw", "{}"),
        ("/api/ledger/projections/{name}/promote", #"{"version":"v1","position":3,"digest":"\#(String(repeating: "0", count: 64))"}"#),
        ("/api/ledger/projections/{name}/promote", "{}"), ("/api/ledger/projections/{name}/rollback", "{}"),
        ("/api/ledger/projections/{name}/rebuild", "{}"),
        ("/api/broker/intents", intended("day_trade")), ("/api/broker/intents", intended("day_trade")),
        ("/api/broker/intents", intended("swing_trade")), ("/api/broker/intents", "{}"), ("/api/broker/halt", #"{"why":"a test"}"#),
        ("/api/broker/halt", #"{"why":" "}"#), ("/api/broker/resume", #"{"why":"a test","source":"alpaca_paper"}"#),
        ("/api/broker/cancel", #"{"intent_id":"I-1","why":"a test"}"#), ("/api/broker/cancel", #"{"intent_id":"I-1","why":"a test"}"#),
        ("/api/broker/cancel", #"{"intent_id":"none","why":"a test"}"#), ("/api/broker/what-if", "{}"),
        ("/api/broker/what-if", #"{"ticker":"SPY","instrument_type":"CALL","strategy":"day_trade"}"#),
    ]

    private static func intended(_ strategy: String) -> String {
        #"{"intent_id":"I-1","ticker":"SPY","instrument_type":"CALL","action":"BUY","strategy":"\#(strategy)","signal":{"a":[1]}}"#
    }

    private static func stated(dryRun: Bool) -> String {
        #"{"dry_run":\#(dryRun),"id":"a1","portfolio":"IMST","contract":"MSTR260130C00350000","kind":"quantity","#
            + #""as_of":"2026-01-30T21:00:00Z","value":-12.5,"by":"operations","reason":"a statement"}"#
    }

    private static func queries(_ path: String) -> [String] {
        var queries = ["", "?no_such=1", "?nokey=1"]
        if path.hasPrefix("/api/market/series") || path.hasPrefix("/api/internal") && !path.hasSuffix("history") {
            queries += [
                "?limit=1000", "?limit=2", "?limit=0", "?as_of_position=20", "?as_of_position=99999999", "?cursor=x",
                "?receipt=true&limit=1", "?receipt=full&limit=1",
                "?rules=as_served&as_of_position=40", "?rules=x@v9", "?effective_at=2026-01-01T00:00:00Z&limit=3",
            ]
        }
        if path.hasPrefix("/api/market/series") { queries += ["?latest=true", "?bucket=1d&agg=mean", "?bucket=1h", "?bucket=2h"] }
        if path.hasPrefix("/api/market") && !path.hasPrefix("/api/market/series") {
            queries += [
                "?currency=BTC", "?currency=BTC&receipt=true&as_of_position=20", "?currency=BTC&rules=v9", "?currency=BTC&rules=v1/c9",
            ]
        }
        if path.hasPrefix("/api/market"), path.hasSuffix("/explain") { queries += ["?currency=BTC&field=status", "?currency=BTC&field=x"] }
        if path.hasPrefix("/api/research") {
            queries += [
                "?underlying=BTC", "?underlying=BTC&receipt=true", "?underlying=none", "?underlying=BTC&as_of_position=20&rules=v9",
                "?underlying=BTC&tenors=x", "?underlying=BTC&slice=all", "?underlying=BTC&market_date=2026-01-05", "?symbol=BTC",
                "?symbol=BTC&market_date=2026-01-05&anchor=date:2026-01-05,breakout_day", "?symbol=none&receipt=true",
                "?underlying=MSTR", "?underlying=MSTR&group=delta_bucket&receipt=true", "?underlying=MSTR&group=bucket_5m&source=stream",
                "?underlying=MSTR&group=x", "?portfolio=IMST", "?position_id=none", "?effective_at=2026-01-01T00:00:00Z",
            ]
        }
        if path.hasSuffix("/totals") {
            queries += [
                "?view=outcomes&by=horizon_key,target_timestamp:month", "?view=lifecycles&receipt=full", "?view=sync-state",
                "?view=trades&by=price", "?view=context&state=stale&as_of_position=20",
            ]
        }
        if path.hasPrefix("/api/broker") {
            queries += [
                "?source=alpaca_paper", "?source=none", "?ticker=SPY&instrument_type=CALL&strategy=day_trade",
                "?ticker=spy&instrument_type=CALL&strategy=day_trade", "?ticker=SPY&instrument_type=STOCK&strategy=day_trade&quantity=x",
            ]
        }
        if path.contains("proof/inclusion") { queries += ["?position=3", "?position=99999999"] }
        if path.contains("proof/consistency") { queries += ["?from=3&to=9", "?from=9&to=3"] }
        if path.contains("diff") {
            queries += ["?from=v1&to=v1", "?from=v1&to=v9", "?from=x&to=v1", "?from=v1&to=v1&explain=1", "?from=v1&to=v1&explain=-1"]
        }
        if path.hasSuffix("/rules") { queries += ["?from=v1&to=v1", "?from=v1&to=v9"] }
        if path.hasSuffix("/steps") {
            queries += ["?view=trades&key=none", "?view=outcomes&key=ICOI-000008&limit=3", "?view=trades&key=ICOI-000008&rules=v9"]
        }
        if path.contains("explain") {
            queries += ["?view=trades&key=alpha_sync,none&field=price"] + ["v9", "v1/c9"].map { "?view=trades&key=none&rules=\($0)" }
        }
        return queries
    }

    private static func filled(_ path: String) -> String {
        path.replacingOccurrences(of: "{position}", with: "9").replacingOccurrences(of: "{name}", with: "trades")
            .replacingOccurrences(of: "{source_trade_id}", with: "none").replacingOccurrences(of: "{tile}", with: "0/000.p/9")
            .replacingOccurrences(of: "{bundle}", with: "000.p/9").replacingOccurrences(of: "{assertion_id}", with: "a1")
            .replacingOccurrences(of: "{client_order_id}", with: "al-none").replacingOccurrences(of: "{intent_id}", with: "I-1")
    }

    /// The names that a refusal of an unknown one lists.
    private static func expected(_ answer: RunningService.Answer) throws -> [String] {
        let detail = try answer.json()["detail"]?.string ?? ""
        guard let range = detail.range(of: "expected ") else { return [] }
        let list = detail[range.upperBound...]
        return list == "none" ? [] : list.components(separatedBy: ", ").filter { !$0.isEmpty }.sorted()
    }

    private static func bodyKeys(_ operation: [String: Any], _ components: [String: [String: Any]]) throws -> [String] {
        let body = operation["requestBody"] as? [String: Any]
        let content = body?["content"] as? [String: [String: Any]]
        let reference = (content?["application/json"]?["schema"] as? [String: Any])?["$ref"] as? String
        let name = try #require(reference?.split(separator: "/").last.map(String.init))
        let schema = try #require(components["schemas"]?[name] as? [String: Any])
        return (schema["properties"] as? [String: Any] ?? [:]).keys.sorted()
    }
}

/// Python's `jsonschema` over the description's own schemas.
enum Validator {
    struct Answer: Sendable {
        let method: String
        let path: String
        let status: Int
        let type: String
        let body: String

        init(_ method: String, _ path: String, _ answer: RunningService.Answer) {
            self.method = method
            self.path = path
            status = answer.status
            type = answer.headers["content-type"] ?? ""
            body = String(decoding: answer.body, as: UTF8.self)
        }
    }

    static let isInstalled = (try? python("import jsonschema", [], Data())) != nil

    private static let program = """
        import json, sys, jsonschema
        lines = sys.stdin.buffer.read().split(b"\\n")
        description = json.loads(lines[0])
        components = description["components"]
        def resolve(node):
            while "$ref" in node:
                name = node["$ref"].split("/")
                node = components[name[2]][name[3]]
            return node
        for line in lines[1:]:
            if not line: continue
            a = json.loads(line)
            where = f"{a['method']} {a['path']} {a['status']}"
            responses = description["paths"][a["path"]][a["method"].lower()]["responses"]
            response = responses.get(str(a["status"]))
            if response is None:
                print(f"{where}: the status is not described: {a['body'][:200]}"); continue
            content = resolve(response).get("content", {})
            type = a["type"].split(";")[0]
            if type not in content:
                print(f"{where}: the type {type} is not described"); continue
            if "json" not in type: continue
            schema = dict(content[type]["schema"]); schema["components"] = components
            validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
            for error in list(validator.iter_errors(json.loads(a["body"])))[:5]:
                print(f"{where}: {error.json_path}: {error.message[:200]}")
        """

    /// What does not match the description, a line each.
    static func problems(_ answers: [Answer]) throws -> [String] {
        var input = try JSONSerialization.data(withJSONObject: try DescriptionTests.description())
        input.append(0x0a)
        for answer in answers {
            let line: [String: Any] = [
                "method": answer.method, "path": answer.path, "status": answer.status, "type": answer.type, "body": answer.body,
            ]
            input.append(try JSONSerialization.data(withJSONObject: line))
            input.append(0x0a)
        }
        return try python(program, [], input).split(separator: "\n").map(String.init)
    }

    /// What of some documents does not match a JSON Schema, a line each.
    static func problems(_ documents: [[UInt8]], schema: String) throws -> [String] {
        let program = """
            import json, sys, jsonschema
            validator = jsonschema.Draft202012Validator(json.load(open(sys.argv[1])), format_checker=jsonschema.FormatChecker())
            for line in sys.stdin.buffer.read().splitlines():
                for error in validator.iter_errors(json.loads(line)): print(f"{error.json_path}: {error.message[:200]}")
            """
        let input = Data(documents.joined(separator: [0x0a]))
        return try python(program, [schema], input).split(separator: "\n").map(String.init)
    }

    private struct Failed: Error {}

    private static func python(_ program: String, _ arguments: [String], _ input: Data) throws -> String {
        let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try input.write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", "-W", "ignore", "-c", program] + arguments
        process.standardInput = try FileHandle(forReadingFrom: file)
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let answer = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failed() }
        return String(decoding: answer, as: UTF8.self)
    }
}
