import Amberdata
import Foundation
import LedgerEvents
import LedgerPostgres
import LedgerStore
import LedgerValues
import LoopbackServer
import MarketData
import OptionTrades
import SampleScope
import TestSupport
import Testing

@testable import Operations

/// Captures into a real log: what is appended, what is not, and how a run goes on.
@Suite struct CaptureTests {
    @Test func `an hour is one transaction of its observations and its snapshot, and a second run appends nothing`() async throws {
        try await withCapture { bench in
            let source = ScriptedSeries([0: [1, 2], 1: [3], 3: [4, 5, 6]])
            let dry = try await bench.run(source, apply: false)
            #expect(try await bench.head() == 0 && dry.dryRun)
            let first = try await bench.run(source)
            for summary in [dry, first] {
                let outcome = try #require(summary.outcomes.first)
                #expect(outcome.hours == 4 && outcome.captured == 4 && outcome.empty == 1 && outcome.left == 0)
                #expect(outcome.rows == ImportCounts(inserted: 6))
            }
            #expect(
                try await bench.types() == [
                    "MarketObserved 2", "SnapshotCaptured 1", "MarketObserved 1", "SnapshotCaptured 2", "MarketObserved 3",
                    "SnapshotCaptured 1",
                ])
            let events = try await bench.events()
            #expect(events.allSatisfy { $0.runID == first.runID })
            // One transaction has one time.
            #expect(Set(events.prefix(3).map(\.recordedAt)).count == 1 && events[2].stream == "snapshot-BTC:2026-01-05:gex")
            let head = try await bench.head()
            let second = try await bench.run(source)
            #expect(second.calls == 0 && second.outcomes.first?.known == 4)
            let third = try await bench.run(source, again: true)
            #expect(third.outcomes.first?.unchanged == 4 && third.outcomes.first?.rows == ImportCounts(unchanged: 6))
            #expect(try await bench.head() == head)
        }
    }

    @Test func `a correction supersedes its hour alone, and a content that returns is a new capture`() async throws {
        try await withCapture { bench in
            let source = ScriptedSeries([0: [1, 2], 1: [3]])
            _ = try await bench.run(source)
            source.set(0, [1, 9])
            let corrected = try await bench.run(source, again: true)
            #expect(corrected.outcomes.first?.captured == 1 && corrected.outcomes.first?.rows == ImportCounts(superseding: 1, unchanged: 2))
            source.set(0, [1, 2])
            let returned = try await bench.run(source, again: true)
            #expect(returned.outcomes.first?.captured == 1)
            let snapshots = try await bench.events().filter { $0.type == "SnapshotCaptured" }
            let payloads = try snapshots.map { try SnapshotCapturedPayload(decoding: $0.payload) }
            let hour = payloads.filter { $0.hour == CaptureBench.hour(0) }
            #expect(hour.count == 3 && hour[0].digest == hour[2].digest && hour[0].digest != hour[1].digest)
            #expect(snapshots.map(\.streamVersion) == Array(1...Int64(snapshots.count)))
        }
    }

    @Test func `what was imported before is not appended again, and captured observations equal imported ones`() async throws {
        try await withCapture { bench in
            let source = ScriptedSeries([0: [1, 2]])
            let observation = try #require(
                MarketObservedPayload(
                    kind: .openInterest,
                    fields: [
                        ("currency", .text("BTC")), ("timestamp", .instant(CaptureBench.hour(0))), ("exchange", .text("x0")),
                        ("oi_value", .decimal(FixedDecimal(1))),
                    ], provenance: .init(observedSource: "file")))
            var generator = SystemRandomNumberGenerator()
            try await bench.ledger.log.append([observation.event(previousVersion: 0)], runID: UniqueID(random: &generator))
            let summary = try await bench.run(source, to: 1)
            #expect(summary.outcomes.first?.rows == ImportCounts(inserted: 1, unchanged: 1))
            #expect(try await bench.types() == ["MarketObserved 2", "SnapshotCaptured 1"])
        }
    }

    @Test func `a run that was cut short goes on where it stopped`() async throws {
        try await withCapture { bench in
            let source = ScriptedSeries(Dictionary(uniqueKeysWithValues: (0..<24).map { ($0, [$0 + 1]) }))
            // Six hours a look-up.
            let first = try await bench.run(source, to: 24, maximumCalls: 2)
            #expect(first.isCutShort && first.outcomes.first?.captured == 12 && first.outcomes.first?.left == 12)
            #expect(try await bench.coverage(to: 24).count == 12)
            let second = try await bench.run(source, to: 24)
            #expect(second.outcomes.first?.known == 12 && second.outcomes.first?.captured == 12 && !second.isCutShort)
            #expect(source.windows.map(\.from) == [0, 6, 12, 18].map(CaptureBench.hour))
            #expect(try await bench.coverage(to: 24).isEmpty)
            // As if it had never been cut.
            let whole = try await withCapture { other in
                _ = try await other.run(source, to: 24)
                return try await other.events().map(\.payload)
            }
            #expect(whole == (try await bench.events().map(\.payload)))
        }
    }

    @Test func `a refusal ends its series alone, and coverage says why hours are missing`() async throws {
        try await withCapture { bench in
            let source = ScriptedSeries([0: [1], 2: [2]])
            source.fail(.gex, SeriesError(.notEntitled, "the vendor answered 403"))
            source.fail(.volume, SeriesError(.failed, "the vendor answered 500 (asked for /volume)"))
            let summary = try await bench.run(source, [.gex, .volume, .ivSurface], currencies: ["BTC", "ETH"])
            #expect(summary.hasFailures)
            #expect(summary.outcomes.map { $0.failure?.code } == [.notEntitled, nil, nil, nil, .failed, .failed])
            #expect(summary.outcomes.map(\.captured) == [0, 0, 4, 4, 0, 0])
            #expect(source.windows.count == 5)
            let expected = (0..<4).map { "\(CaptureBench.hour($0))" }
            #expect(try await bench.coverage() == expected.map { "\($0) not_entitled" })
            #expect(try await bench.coverage(.volume) == expected.map { "\($0) failed" })
            #expect(try await bench.coverage(.ivSurface) == ["\(expected[1]) empty", "\(expected[3]) empty"])
            #expect(try await bench.coverage(.basis) == expected.map { "\($0) not_captured" })
            // A refusal holds for the rest of its range.
            #expect(try await bench.coverage(from: 0, to: 8).suffix(4).allSatisfy { $0.hasSuffix("not_captured") })
            _ = try await bench.run(source, [.gex], to: 30)
            #expect(try await bench.coverage(from: 0, to: 30).allSatisfy { $0.hasSuffix("not_entitled") })
            // The same failure is not recorded again, and what comes later counts.
            let head = try await bench.head()
            _ = try await bench.run(source, [.gex])
            #expect(try await bench.head() == head)
            source.fail(.gex, nil)
            _ = try await bench.run(source, [.gex])
            #expect(try await bench.coverage() == ["\(expected[1]) empty", "\(expected[3]) empty"])
        }
    }

    @Test func `a vendor that does not answer ends the run, and a second run at a time is refused`() async throws {
        try await withCapture { bench in
            let source = ScriptedSeries([0: [1]])
            source.fail(.volume, SeriesError(.unreachable, "nobody answers"))
            await #expect(throws: CaptureError.unreachable("nobody answers")) { try await bench.run(source, [.gex, .volume]) }
            #expect(try await bench.types() == ["MarketObserved 1", "SnapshotCaptured 4"])
            let lock = try #require(try await AdvisoryLock.acquire("capture", bench.ledger.configuration))
            await #expect(throws: CaptureError.alreadyRunning) { try await bench.run(source) }
            await lock.release()
        }
    }

    @Test func `options that no run can do are named`() async throws {
        let later = CaptureBench.hour(1)
        let half = try #require(later.advanced(byMicroseconds: 1))
        let bad: [(CaptureOptions, String)] = [
            (CaptureOptions(series: [], currencies: ["BTC"], apply: false), "series:"),
            (CaptureOptions(series: [.gex], currencies: [], apply: false), "currency:"),
            (CaptureOptions(series: [.gex], currencies: ["BTC"], from: half, apply: false), "from:"),
            (CaptureOptions(series: [.gex], currencies: ["BTC"], from: later, to: later, apply: false), "to:"),
            (CaptureOptions(series: [.gex], currencies: ["BTC"], apply: false, maximumCalls: 0), "max_calls:"),
        ]
        for (options, name) in bad {
            #expect { try options.check() } throws: { "\($0)".hasPrefix(name) }
        }
    }

    @Test func `windows end with what is over, and days are whole`() {
        let now = CaptureBench.hour(48).advanced(byMicroseconds: 95 * 60_000_000) ?? .minimum
        func steps(_ series: CaptureSeries, _ from: Int?, _ to: Int?) -> [Instant] {
            series.steps(from: from.map(CaptureBench.hour), to: to.map(CaptureBench.hour), now: now)
        }
        #expect(steps(.gex, nil, nil) == [CaptureBench.hour(48)])
        #expect(steps(.gex, 47, 99) == [47, 48].map(CaptureBench.hour))
        #expect(steps(.oi, nil, nil) == [CaptureBench.hour(24)] && steps(.oi, 1, 47).isEmpty)
        #expect(steps(.oi, 0, 99) == [0, 24].map(CaptureBench.hour) && steps(.volCone, nil, nil) == [CaptureBench.hour(48)])
        // Prints of the last half hour are asked for again.
        #expect(steps(.prints, nil, nil) == [CaptureBench.hour(49)])
        #expect(CaptureSeries.prints.end(of: CaptureBench.hour(49), at: now) == now)
    }

    @Test(.timeLimit(.minutes(5))) func `what the sample's server answers is what was imported, whichever comes first`() async throws {
        let series: [CaptureSeries] = [.ivSurface, .termStructure, .funding, .basis, .liquidations, .putCall, .volume, .prints]
        let server = try await SampleQuoteServer.start(apiKey: "vendor-key")
        let end = try #require(Instant("2026-02-06T00:00:00Z"))
        let rules = try FundingIntervals(path: "shared/funding_intervals.v1.yaml", read: { projectRuleFile($0) ?? [] })
        func capture(_ bench: CaptureBench) async throws -> [CaptureSummary] {
            let source = AmberdataSeries(
                AmberdataConfiguration(baseURL: server.baseURL, apiKey: "vendor-key", maximumRequestsPerSecond: 10_000), rules)
            let run = CaptureRun(
                pool: bench.ledger.pool, log: bench.ledger.log, configuration: bench.ledger.configuration, source: source, now: { end },
                newID: { UniqueID(high: 1, low: UInt64.random(in: 1...9_999_999)) })
            var summaries: [CaptureSummary] = []
            for (chosen, hours) in [(series, 3), ([.oi], 7 * 24), ([.volCone], 24)] as [([CaptureSeries], Int64)] {
                // The last cone is that of the day before the end.
                let to = chosen == [.volCone] ? end : nil
                summaries.append(
                    try await run.run(
                        CaptureOptions(
                            series: chosen, currencies: ["BTC"], from: end.advanced(byMicroseconds: -hours * 3_600_000_000), to: to,
                            apply: true)))
            }
            return summaries
        }
        func importing(_ bench: CaptureBench) async throws -> ImportSummary {
            let folder = try temporaryDirectory()
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let path = "\(folder)/series.ndjson"
            try Data(SampleMarketSeries.lines()).write(to: URL(fileURLWithPath: path))
            return try await ObservationImport(
                pool: bench.ledger.pool, log: bench.ledger.log, configuration: bench.ledger.configuration, temporaryDirectory: folder
            ).run([path], ObservationImportOptions(apply: true))
        }
        try await withCapture { bench in
            let imported = try await importing(bench)
            let captured = try await capture(bench)
            for outcome in captured.flatMap(\.outcomes) {
                #expect(outcome.failure == nil && outcome.captured == outcome.hours && outcome.rows.unchanged > 0, "\(outcome)")
                #expect(outcome.rows.inserted == 0 && outcome.rows.superseding == 0 && outcome.skippedRows == 0, "\(outcome)")
            }
            #expect(imported.total.inserted == 330)
        }
        try await withCapture { bench in
            let captured = try await capture(bench).flatMap(\.outcomes).reduce(0) { $0 + $1.rows.inserted }
            let imported = try await importing(bench)
            #expect(captured > 150 && imported.total == ImportCounts(inserted: 330 - captured, unchanged: captured))
        }
        await server.stop()
    }

    // MARK: - A real server

    @Test(.timeLimit(.minutes(1))) func `series of a real server become rows of their hours`() async throws {
        let vendor = try AmberdataVendor([
            "realized-volatility/implied-vs-realized": { query in
                #expect(query["currency"] == "SOL_USDC" && query["exchange"] == "deribit" && query["timeFormat"] == "ms")
                return AmberdataVendor.page(
                    AmberdataVendor.hours(query).map {
                        #"{"atm7":60,"currency":"SOL_USDC","exchange":"deribit","indexPrice":190.5,"timestamp":\#($0)}"#
                    })
            },
            "apr-basis/constant-maturities": { query in
                #expect(query["asset"] == "SOL")
                return AmberdataVendor.page(
                    AmberdataVendor.hours(query).map { #"{"apr":5,"basisUSD":1,"symbol":"okex_SOL-USD","timestamp":\#($0)}"# })
            },
            "trades-flow/put-call-distribution": { _ in AmberdataVendor.page([#"{"callsContractsBought":0,"putContractsSold":0}"#]) },
            "trades-flow/volume-aggregates": { query in
                // The first hour alone had any volume.
                let first = "\(CaptureBench.hour(0).microseconds / 1000)"
                return AmberdataVendor.page(
                    query["startDate"] == first ? [#"{"currency":"SOL_USDC","timestamp":\#(first),"contractVolumeOnScreen":0}"#] : [])
            },
            "trades-flow/gamma-exposures-snapshots": { _ in .status(403) },
        ])
        try await withCapture { bench in
            let source = try vendor.source()
            let summary = try await bench.run(source, [.spot, .basis, .putCall, .gex], currencies: ["SOL"], to: 2)
            #expect(summary.outcomes.map(\.series) == [.gex, .spot, .basis, .putCall])
            #expect(summary.outcomes.map(\.captured) == [0, 2, 2, 2] && summary.outcomes.map(\.rows.inserted) == [0, 2, 8, 2])
            #expect(summary.outcomes.first?.failure?.code == .notEntitled)
            #expect(summary.outcomes.first?.failure?.message.contains("/analytics/trades-flow/gamma-exposures-snapshots?") ?? false)
            #expect(summary.calls == vendor.server.requests.count && summary.outcomes.map(\.pages) == [0, 1, 4, 6])
            var observed: [MarketObservedPayload] = []
            for event in try await bench.events() where event.type == "MarketObserved" {
                observed.append(try MarketObservedPayload(decoding: event.payload))
            }
            #expect(observed.allSatisfy { $0.subject == "SOL" && $0.provenance.observedSource == "amberdata" })
            #expect(observed.filter { $0.kind == .spot }.allSatisfy { $0.provenance.sourceCurrency == "SOL_USDC" })
            #expect(observed.filter { $0.kind == .futuresBasis }.allSatisfy { $0.decimal("apr")?.description == "0.05" })
            #expect(Set(observed.filter { $0.kind == .putCall }.map(\.timestamp)) == [CaptureBench.hour(0)])
            let head = try await bench.head()
            let again = try await bench.run(source, [.spot, .basis, .putCall], currencies: ["SOL"], to: 2, again: true)
            #expect(again.outcomes.allSatisfy { $0.unchanged == 2 } && again.calls > 0)
            #expect(try await bench.head() == head)
        }
    }
}
