import LedgerEvents
import LedgerStore
import LedgerValues
import OptionTrades
import TestSupport
import Testing

@testable import API
@testable import Operations

/// The sums and the first rows that the service makes before anybody asks.
@Suite struct OverviewTests {
    @Test func `overview pages and lists find what the service made for them`() async throws {
        try await withDatabase { uri in
            let ledger = try await Ledger.open(
                try Settings(environment: ledgerEnvironment(uri)), Resources(root: projectRoot), migration: .always)
            try await ledger.log.append((0..<8).map { recorded(try sampleRow("T\($0)")) }, runID: UniqueID(high: 1, low: 1))
            try await ledger.bringUpToDate(ledger.registry.names)
            let api = API(ledger)
            let views = OverviewTotals.views
            let upkeep = Task { await api.keepOverviews() }
            for _ in 0..<3000 where ledger.kept.passes < views.count { try await Task.sleep(for: .milliseconds(10)) }
            // One pass for all that is made of a view.
            #expect(ledger.kept.passes == views.count)
            upkeep.cancel()
            await upkeep.value
            let pages = ["/performance", "/operations", "/trades"] + View.performance.map { "/performance/\($0.name)" }
            for page in pages + views.map({ "\($0.path)?limit=1" }) {
                let parts = page.split(separator: "?").map(String.init)
                let request = APIRequest(
                    method: "GET", path: parts[0], query: parts.count > 1 ? parts[1] : nil, headers: ["host": ["127.0.0.1:8080"]],
                    isFromLoopback: true)
                #expect(await api.respond(to: request).status == 200, "\(page)")
                #expect(ledger.kept.passes == views.count, "\(page) went over all rows")
            }
            await ledger.close()
        }
    }
}
