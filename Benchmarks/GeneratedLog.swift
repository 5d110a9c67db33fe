import LedgerEvents
import LedgerStore
import LedgerValues
import Operations
import OptionTrades

/// A log of any size, by number: the same numbers give the same events, whatever the log's size.
///
/// Rounds of 10,000 events stand for days: 3,000 new executions and 1,000 updates of the day before (one in twenty
/// moves the trade to another contract), then 2,000 stamps and 2,000 benchmarks of the day's trades, and 2,000 marks of
/// trades one, two and four days old. Each contract of a portfolio is traded about six times.
enum GeneratedLog {
    private static let round = 10_000
    private static let tradesPerRound = 3_000
    private static let batch = 20_000

    static func event(_ number: Int) -> NewEvent {
        let (day, step) = (number / round, number % round)
        switch step {
        case 0..<3_000: return recorded(day * tradesPerRound + step)
        case 3_000..<4_000: return updated(step - 3_000, on: day)
        case 4_000..<6_000:
            let k = step - 4_000
            let trade = day * tradesPerRound + k / 2 * 3 + k % 2
            return GeneratedEvents.stamp(row(trade, on: day), number)
        case 6_000..<8_000:
            let k = step - 6_000
            let trade = day * tradesPerRound + k / 2 * 3 + 1 + k % 2
            return GeneratedEvents.benchmark(row(trade, on: day), number)
        default: return mark(step - 8_000, on: day, number)
        }
    }

    private static func recorded(_ trade: Int) -> NewEvent {
        ExecutionPayload(
            row: GeneratedEvents.row(trade), scopeKey: GeneratedExecutions.scopeKey, unknownFields: []
        ).recordedEvent()
    }

    /// An update. The first day corrects its own trades, every other day those of the day before.
    private static func updated(_ k: Int, on day: Int) -> NewEvent {
        let trade = day == 0 ? 3 * k : (day - 1) * tradesPerRound + 3 * k + 1
        let (old, new) = (GeneratedEvents.row(trade), corrected(trade))
        return ExecutionPayload(
            row: new, scopeKey: GeneratedExecutions.scopeKey, unknownFields: [], changedFields: new.changedFields(from: old)
        ).updatedEvent(previousVersion: 1)
    }

    private static func corrected(_ trade: Int) -> ExecutionRow {
        var row = GeneratedEvents.row(trade)
        row.price = row.price.map { $0 + FixedDecimal(units: 1_250_000_000) }
        row.quantity = row.quantity.map { $0 + FixedDecimal(1) }
        row.notes = "corrected by the broker"
        if trade / 3 % 20 == 0, let strike = row.strike {
            row.strike = strike + FixedDecimal(1)
            row.instrument = "MSTR \(row.expiry?.description ?? "") \(strike + FixedDecimal(1)) \(row.optionType?.rawValue ?? "")"
        }
        row.sourceUpdatedAt = row.sourceUpdatedAt.advanced(byMicroseconds: 3_600_000_000) ?? row.sourceUpdatedAt
        return row
    }

    /// A trade's row as the rest of its day knows it.
    private static func row(_ trade: Int, on day: Int) -> ExecutionRow {
        day == 0 && trade % 3 == 0 ? corrected(trade) : GeneratedEvents.row(trade)
    }

    /// A mark at one, two or four days. If the log is too young for that, a mark at sixty days of one of the day's
    /// trades.
    private static func mark(_ k: Int, on day: Int, _ number: Int) -> NewEvent {
        let days = [1, 2, 4][k % 3]
        guard day > days else { return GeneratedEvents.mark(row(day * tradesPerRound + k, on: day), number, days: 60) }
        let trade = (day - days) * tradesPerRound + k
        return GeneratedEvents.mark(trade % 3 == 1 ? corrected(trade) : GeneratedEvents.row(trade), number, days: days)
    }

    /// Appends events in order, in batches; the next batch is generated while one is appended.
    static func append(_ numbers: Range<Int>, to ledger: Ledger) async throws {
        let run = ledger.newID()
        let batches = stride(from: numbers.lowerBound, to: numbers.upperBound, by: batch).map {
            $0..<min($0 + batch, numbers.upperBound)
        }
        var next = batches.first.map { $0.map(event) } ?? []
        for index in batches.indices {
            let events = next
            async let following = index + 1 < batches.count ? batches[index + 1].map(event) : []
            try await ledger.log.append(events, runID: run)
            next = await following
        }
    }
}
