import LedgerEvents
import LedgerValues
import OptionTrades
import Testing

@Suite struct IdentityTests {
    @Test func `percent signs and bars inside components are escaped, so that no two identities meet`() {
        #expect(Identity.join(["a", "b|c", "50%", "%7C"]) == "a|b%7Cc|50%25|%257C")
        #expect(Identity.join(["a|b"]) != Identity.join(["a", "b"]))
        #expect(Identity.join(["", ""]) == "|")
    }

    @Test func `identities are those of the contract`() throws {
        let digest = try #require(Digest32(hex: String(repeating: "ab", count: 32)))
        let hex = digest.description
        let run = try #require(UniqueID("0b0f8b1e-6c0a-4f8e-9d53-5b1f0c3c7a11"))
        #expect(Identity.executionRecorded(source: "alpha_sync", id: "T|1") == "execution|alpha_sync|T%7C1|recorded")
        #expect(
            Identity.executionUpdated(source: "s", id: "1", previous: 3, digest: digest)
                == "execution|s|1|updated|3|\(hex)")
        #expect(Identity.missing(source: "s", id: "1", previous: 3) == "execution|s|1|missing|3")
        #expect(Identity.reappeared(source: "s", id: "1", previous: 4) == "execution|s|1|reappeared|4")
        #expect(Identity.rejected(source: "s", rawDigest: digest, reasonsDigest: digest) == "rejected|s|\(hex)|\(hex)")
        #expect(Identity.syncCompleted(runID: run) == "sync|\(run)")
        #expect(Identity.syncFailed(runID: run) == "syncfailed|\(run)")
        #expect(
            Identity.contextStamped(source: "s", id: "1", contextKey: "BTC", previous: 0, digest: digest)
                == "context|s|1|BTC|0|\(hex)")
        #expect(
            Identity.benchmarkRecorded(source: "s", id: "1", previous: 0, digest: digest) == "benchmark|s|1|0|\(hex)")
        #expect(
            Identity.markRecorded(source: "s", id: "1", horizonKey: "7d", previous: 0, digest: digest)
                == "mark|s|1|7d|0|\(hex)")
        #expect(
            Identity.marketObserved(kind: "spot", identifyingDigest: digest, previous: 0, digest: digest)
                == "market|spot|\(hex)|0|\(hex)")
        let date = try #require(CalendarDate("2026-02-05"))
        #expect(
            Identity.flowSummarized(source: "rest", symbol: "MSTR260220C00100000", date: date, previous: 1, digest: digest)
                == "flow|rest|MSTR260220C00100000|2026-02-05|1|\(hex)")
        #expect(Identity.reportPublished(manifest: digest) == "report|\(hex)")
        let hour = try #require(Instant("2026-02-05T23:00:00Z"))
        #expect(
            Identity.snapshotCaptured(currency: "BTC", type: "gex", hour: hour, previous: 2, digest: digest)
                == "snapshot|BTC|gex|2026-02-05T23:00:00Z|2|\(hex)")
        #expect(Identity.captureFailed(runID: run, currency: "BTC", type: "gex") == "capturefailed|\(run)|BTC|gex")
        let promotion = ProjectionPromotedPayload(
            projection: "trades", oldVersion: nil, newVersion: "v1", codeVersion: 1, rules: [], position: 0, diffDigest: nil)
        #expect(promotion.event(runID: run).identity == "promoted|trades|\(run)")
    }

    @Test func `streams are those of the contract`() throws {
        let digest = try #require(Digest32(hex: String(repeating: "ab", count: 32)))
        #expect(Streams.execution(source: "alpha_sync", id: "T|1") == "execution-alpha_sync:T|1")
        #expect(Streams.rejections(source: "alpha_sync") == "rejections-alpha_sync")
        #expect(
            Streams.sync(scopeKey: "portfolio_names=A|include_pending=true")
                == "sync-portfolio_names=A|include_pending=true")
        #expect(Streams.context(source: "s", id: "1") == "context-s:1")
        let date = try #require(CalendarDate("2026-02-05"))
        #expect(Streams.snapshot(currency: "BTC", date: date, type: "gex") == "snapshot-BTC:2026-02-05:gex")
        #expect(Streams.capture(currency: "BTC", type: "gex") == "capture-BTC:gex")
        #expect(Streams.benchmark(source: "s", id: "1") == "benchmark-s:1")
        #expect(Streams.mark(source: "s", id: "1", horizonKey: "expiry") == "mark-s:1:expiry")
        #expect(Streams.market(kind: "spot", subject: "BTC", identifyingDigest: digest) == "market-spot:BTC:\(digest)")
        #expect(ProjectionPromotedPayload.stream(of: "trades") == "projection-trades")
    }

    @Test func `the namespace is the one of the schema folder`() throws {
        #expect(text(try TestFiles.bytes("schema/namespace")) == "\(Identity.namespace)\n")
    }

    @Test func `event ids are name-based UUIDs of version 5`() throws {
        // The example of RFC 9562, appendix A.4.
        let dns = try #require(UniqueID("6ba7b810-9dad-11d1-80b4-00c04fd430c8"))
        #expect(UniqueID(nameBased: "www.example.com", in: dns).description == "2ed6657d-e927-568b-95e1-2665a8aea6a2")
        // Worked out by another program.
        let event = NewEvent(
            identity: "execution|alpha_sync|TRD-2026-000017|recorded", stream: "s", type: .alphaExecutionRecorded,
            payload: [])
        #expect(event.eventID.description == "5f93f555-a546-58b2-b234-2217cae837c7")
    }

    @Test func `payloads make their own events`() throws {
        var payloads = RandomPayloads(seed: 1)
        let recorded = payloads.recorded()
        let first = recorded.recordedEvent()
        #expect(first.type == .alphaExecutionRecorded && first.expectedVersion == 0 && first.schemaVersion == 1)
        #expect(first.identity == Identity.executionRecorded(source: "alpha_sync", id: recorded.row.sourceTradeID))
        #expect(first.stream == Streams.execution(source: "alpha_sync", id: recorded.row.sourceTradeID))
        #expect(first.effectiveAt == recorded.row.tradeDate && first.payload == recorded.encode())

        #expect(first.isTyped)
        #expect(!NewEvent(identity: "i", stream: "s", type: .marketObserved, payload: []).isTyped)

        let updated = payloads.updated()
        let next = updated.updatedEvent(previousVersion: 7)
        #expect(next.type == .alphaExecutionUpdated && next.expectedVersion == 7)
        #expect(next.identity.hasSuffix("|updated|7|\(updated.row.contentDigest)"))
        #expect(next.effectiveAt == updated.row.tradeDate)

        let missing = payloads.presence(isMissing: true).event(previousVersion: 2)
        #expect(missing.type == .alphaExecutionMissing && missing.identity.hasSuffix("|missing|2"))
        let reappeared = payloads.presence(isMissing: false).event(previousVersion: 3)
        #expect(reappeared.type == .alphaExecutionReappeared && reappeared.identity.hasSuffix("|reappeared|3"))
        #expect(reappeared.effectiveAt == nil)

        let rejected = payloads.rejected()
        #expect(rejected.event().stream == "rejections-alpha_sync" && rejected.event().effectiveAt == nil)
        let run = payloads.id()
        #expect(payloads.completed().event(runID: run).identity == "sync|\(run)")
        let failed = payloads.failed()
        #expect(failed.event().identity == "syncfailed|\(failed.runID)")
        #expect(payloads.promoted().event(runID: run).identity == "promoted|trades|\(run)")
    }

    @Test func `a rejected row's digests are those of its text and of the array of its reasons`() throws {
        let payload = try RejectedRowPayload(decoding: TestFiles.sample("AlphaRowRejected", version: 1))
        // Worked out by another program.
        #expect(
            payload.rawDigest.description == "abe2f9adbb0f6b9a9e5943d15b7849db406f40827a58090ca55a1d12686c27ca")
        #expect(
            payload.reasonsDigest.description == "cc609567f5287f5dcb9efe15f6925b944a59263e2fe9689bb59e41d85e9ba42c")
    }
}
