import LedgerEvents
import LedgerJSON
import LedgerPostgres
import LedgerProjections
import LedgerStore
import LedgerValues
import Operations
import OptionTrades
import RandomSupport

/// What must hold of a ledger, by what was seen of it and done to it.
struct SimulationModel: Sendable {
    /// An answer that must be the same for ever.
    private struct Answer: Sendable {
        let view: View
        let request: ViewRequest
        let bytes: [UInt8]
    }

    /// Trades that were acknowledged, as a source last gave them.
    private var trades: [String: (row: SimulatedRow, isMissing: Bool)] = [:]
    private var heads: [(position: Int64, root: Digest32)] = []
    private var answers: [Answer] = []
    private static let mostHeads = 12
    private static let mostAnswers = 12

    /// The position up to which everything was acknowledged.
    var position: Int64 { heads.last?.position ?? 0 }

    /// A sync got these rows of the feed, and completed.
    mutating func synced(_ rows: [SimulatedRow], all: Bool) {
        for row in rows {
            guard let known = trades[row.id] else {
                trades[row.id] = (row, false)
                continue
            }
            if row.updatedAt > known.row.updatedAt { trades[row.id]?.row = row }
        }
        guard all else { return }
        let present = Set(rows.map(\.id))
        for id in trades.keys { trades[id]?.isMissing = !present.contains(id) }
    }

    /// The log only grew: no acknowledged event is gone, and the trees of earlier heads are its beginning.
    mutating func checkLog(_ ledger: Ledger) async throws {
        let (head, root) = try await ledger.head()
        guard head.position >= position else { throw Broken("the log ends at \(head.position), and \(position) was acknowledged") }
        for earlier in heads {
            let now = try await ledger.head(at: earlier.position).root
            guard now == earlier.root else {
                throw Broken("the first \(earlier.position) events have the root \(now), and had \(earlier.root)")
            }
        }
        if head.position > position || heads.isEmpty { heads.append((head.position, root)) }
        // The oldest goes on being compared, and with the newest ones the time of a check stays the same.
        if heads.count > Self.mostHeads { heads.remove(at: heads.count / 2) }
    }

    mutating func remember(_ ledger: Ledger, _ random: inout SeededGenerator) async throws {
        let view = random.pick(View.all)
        let served = try await ledger.pool.run { session in try ledger.catalog.served(view.projection, session) }
        guard let served else { throw Broken("\(view.projection) is not served") }
        var request = ViewRequest()
        request.asOfPosition = Int64(random.number(0...Int(served.position)))
        request.asOf = SimulatedRow.instant(random.number(0...90 * 24 * 3600))
        request.rules = .version(served.reference)
        request.hasReceipt = true
        request.limit = 50
        let bytes = try await ViewReader(ledger, isBounded: false).page(view, request).json()
        answers.append(Answer(view: view, request: request, bytes: bytes))
        if answers.count > Self.mostAnswers { answers.remove(at: random.number(0...answers.count - 1)) }
    }

    func recall(_ ledger: Ledger) async throws {
        for answer in answers {
            let now = try await ViewReader(ledger, isBounded: false).page(answer.view, answer.request).json()
            guard now != answer.bytes else { continue }
            throw Broken(
                "\(answer.view.name) as of event \(answer.request.asOfPosition ?? 0) was \(String(decoding: answer.bytes, as: UTF8.self)), and is \(String(decoding: now, as: UTF8.self))"
            )
        }
    }

    /// The view of trades has what the source said, and nothing else. The projection must be up to date.
    func checkTrades(_ ledger: Ledger) async throws {
        var request = ViewRequest()
        request.limit = 1_000
        request.hasAggregates = false
        var seen = 0
        repeat {
            let page = try await ViewReader(ledger, isBounded: false).page(.trades, request)
            for bytes in page.rows {
                try check(JSONDocument(parsing: bytes).root)
                seen += 1
            }
            request.cursor = page.nextCursor
        } while request.cursor != nil
        guard seen == trades.count else { throw Broken("there are \(seen) trades, and \(trades.count) were synced") }
    }

    private func check(_ row: JSONValue) throws {
        let id = row["source_trade_id"]?.string ?? ""
        guard let (expected, isMissing) = trades[id] else { throw Broken("trade \(id) was never synced") }
        let flags = row["flags"]?.elements.compactMap(\.string) ?? []
        for (name, isRight) in [
            ("price", row["price"]?.decimal == expected.price),
            ("quantity", row["quantity"]?.decimal == FixedDecimal(expected.quantity)),
            ("strike", row["strike"]?.decimal == FixedDecimal(expected.strike)),
            ("trade_status", row["trade_status"]?.string == expected.status),
            ("source_portfolio", row["source_portfolio"]?.string == expected.portfolio),
            ("direction", row["direction"]?.string == (expected.isBuy ? "buy" : "sell")),
            ("fees_usd", row["fees_usd"]?.decimal == expected.feesCents.map(SimulatedRow.cents)),
            ("notes", row["notes"]?.string == expected.notes), ("flags", flags.contains("missing_upstream") == isMissing),
        ] where !isRight {
            throw Broken("trade \(id): `\(name)` is not what was synced last; the row is \(row.sourceText)")
        }
    }
}
