import API
import LedgerEvents
import LedgerJSON
import LedgerStore
import LedgerValues
import Operations
import OptionTrades
import TestSupport
import Testing

/// What has run, over HTTP and on the console's page of operations.
@Suite struct RunRouteTests {
    private static func run(_ number: UInt64) -> UniqueID { UniqueID(high: 5, low: number) }

    private func completed(_ run: UniqueID) throws -> NewEvent {
        var summary = RunSummary(
            runID: run, scopeKey: "portfolio_names=IMST|include_pending=false", dryRun: false, fullScope: true,
            startedAt: try instant("2026-02-01T10:00:00Z"), finishedAt: try instant("2026-02-01T10:01:05Z"))
        summary.fetched = 2
        summary.rejected = 1
        return SyncCompletedPayload(
            scopeKey: summary.scopeKey, scopeDetails: ExecutionScope.details(portfolios: ["IMST"], includePending: false),
            sourceName: TradeLedger.standardFeed, summary: summary.canonicalBytes(), cursor: nil, watermark: nil
        ).event(runID: run)
    }

    private func failed(_ run: UniqueID) throws -> NewEvent {
        let at = try instant("2026-02-01T11:00:00Z")
        return SyncFailedPayload(
            runID: run, scopeKey: "portfolio_names=IMST|include_pending=false",
            scopeDetails: ExecutionScope.details(portfolios: ["IMST"], includePending: false), sourceName: TradeLedger.standardFeed,
            errorCode: "timed_out", errorMessage: "no answer", startedAt: at, finishedAt: at
        ).event()
    }

    @Test func `a run is told by what it is of, and by who started it where the log says so`() async throws {
        try await withService(projectors: false) { service in
            let log = service.ledger.log
            let at = try instant("2026-02-01T10:00:00Z")
            let runs: [[NewEvent]] = [
                [sampleCaptured("BTC", at: at).event(previousVersion: 0)],
                [
                    NewEvent(
                        .alertRaised, identity: "alert", stream: Streams.alert(id: "assertion_broken", currency: "-"),
                        payload: AlertRaisedPayload(
                            alertID: "assertion_broken", analysis: "ledger", currency: "-", now: at, path: "assertions_broken",
                            position: 1, rulesDigest: "\(Digest32(sha256Of: "rules"))", rulesVersion: 1, severity: "critical", since: at,
                            text: "broken", threshold: "0", value: "1"
                        ).encode(), expectedVersion: 0)
                ],
                try sampleOrders(),
                [
                    SyncFailedPayload(
                        runID: Self.run(14), scopeKey: "portfolio_names=IMST|include_pending=false",
                        scopeDetails: ExecutionScope.details(portfolios: ["IMST"], includePending: false),
                        sourceName: TradeLedger.standardFeed, errorCode: "timed_out", errorMessage: "no answer", startedAt: at,
                        finishedAt: at, actor: RunActor.schedule
                    ).event()
                ],
                [backfilled(Self.run(15), at)],
            ]
            for (index, events) in runs.enumerated() { try await log.append(events, runID: Self.run(11 + UInt64(index))) }

            let told = try await service.ask("/api/ledger/runs").json()["runs"]?.elements.prefix(5).map { run in
                "\(run["kind"]?.string ?? "") \(run["status"]?.string ?? "") \(run["actor"]?.string ?? "nobody")"
            }
            #expect(
                told == [
                    "benchmarks completed alice", "sync failed schedule", "broker recorded nobody", "alerts recorded nobody",
                    "captures recorded nobody",
                ])
            let first = try await service.ask("/api/ledger/runs").json()["runs"]?.elements.first { _ in true }
            #expect(first?["counts"]?["asked"]?.integer == 4 && first?["counts"]?["failed"]?.integer == 1)

            // Who it was, and the way to the run's own events, stand on the page.
            try await service.ledger.bringUpToDate(service.ledger.registry.names)
            let page = String(decoding: try await service.askSettled("/operations").body, as: UTF8.self)
            #expect(page.contains("alice") && page.contains(">broker<") && page.contains("/log?run=\(Self.run(13))"))
            let events = String(decoding: try await service.askSettled("/log?run=\(Self.run(14))").body, as: UTF8.self)
            #expect(events.components(separatedBy: "<article class=\"event\"").count == 2)
        }
    }

    private func backfilled(_ run: UniqueID, _ at: Instant) -> NewEvent {
        var payload = BackfillCompletedPayload()
        (payload.actor, payload.kind, payload.runID) = ("alice", "benchmarks", run)
        (payload.asked, payload.appended, payload.failed, payload.startedAt, payload.finishedAt) = (4, 3, 1, at, at)
        return payload.event()
    }

    @Test func `runs are told by the events that they left, with their counts, their errors and the rows that they rejected`()
        async throws
    {
        try await withService(projectors: false) { service in
            let log = service.ledger.log
            let head = try await service.ledger.primaryHead()
            let rejected = RejectedRowPayload(
                source: "alpha_sync", raw: #"{"tradeId":"<b>T-2"}"#, reasons: ["missing:updatedAt"], sourceTradeID: "<b>T-2")
            try await log.append([recorded(try sampleRow("T-1")), rejected.event(), completed(Self.run(1))], runID: Self.run(1))
            try await log.append([failed(Self.run(2))], runID: Self.run(2))
            try await log.append([recorded(try sampleRow("T-3"))], runID: Self.run(3))
            try await log.append(sampleAssertions(), runID: Self.run(4))

            let root = try await service.ask("/api/ledger/runs").json()
            let runs = root["runs"]?.elements.map { $0 } ?? []
            let told = runs.prefix(4).map { "\($0["kind"]?.string ?? "") \($0["status"]?.string ?? "") \($0["events"]?.integer ?? 0)" }
            #expect(told == ["assertions recorded 8", "sync unfinished 1", "sync failed 1", "sync completed 3"])
            #expect(runs.dropFirst(4).allSatisfy { $0["kind"]?.string == "promotion" })
            #expect(runs[2]["error"]?.string == "timed_out: no answer")
            #expect(runs[3]["counts"]?["fetched"]?.integer == 2 && runs[3]["types"]?["AlphaExecutionRecorded"]?.integer == 1)
            #expect(runs[3]["started_at"]?.string == "2026-02-01T10:00:00Z" && runs[3]["first_position"]?.integer == head + 1)
            let rows = root["rejected"]?.elements.map { $0 } ?? []
            #expect(rows.map { $0["raw"]?.string } == [#"{"tradeId":"<b>T-2"}"#] && rows[0]["position"]?.integer == head + 2)

            // Cut inside the first run, which is said.
            let older = try await service.ask("/api/ledger/runs?before=\(head + 2)").json()
            let first = older["runs"]?.elements.first { _ in true }
            #expect(
                first?["status"]?.string == "unfinished" && first?["events"]?.integer == 1 && older["older_before"]?.isNull == true,
                "\(older.sourceText)")
            #expect(try await service.ask("/api/ledger/runs?before=0").code() == "bad_parameter")

            try await service.ledger.bringUpToDate(service.ledger.registry.names)
            let page = try await service.askSettled("/operations")
            let text = String(decoding: page.body, as: UTF8.self)
            #expect(page.status == 200 && text.contains("1 min 05 s") && text.contains("timed_out: no answer"))
            #expect(text.contains("Executions without context") && text.contains("href=\"/operations/backfill/context\""))
            #expect(text.contains("missing:updatedAt") && text.contains("&lt;b&gt;T-2") && !text.contains("<b>T-2"))
            // At an earlier moment later runs are not known.
            let then = String(decoding: try await service.askSettled("/operations?as_of_position=\(head + 3)").body, as: UTF8.self)
            #expect(then.contains("1 min 05 s") && !then.contains("timed_out: no answer"))
            #expect(try await service.askSettled("/operations?before=x").status == 400)
        }
    }
}
