import LedgerValues
import TestSupport

extension RandomEnrichment {
    /// A trade's events: a row that may be corrected or busted, benchmarks and stamps before or after it.
    mutating func events(of id: String, into log: inout TradeEventLog) throws {
        var row = try row(id)
        let original = row
        if chance(1, in: 3) { log.append(try benchmark(row)) }
        log.append(row)
        for _ in 0..<Int.random(in: 0...2, using: &random) { log.append(stamp(row)) }
        if chance(1, in: 3) {
            row.price = maybe(price(1...3000))
            row.direction = maybe(pick([.buy, .sell]))
            if chance(1, in: 3) { row.strike = FixedDecimal(123) }
            log.append(row)
        }
        for _ in 0..<Int.random(in: 0...2, using: &random) {
            log.append(try benchmark(chance(1, in: 4) ? original : row))
        }
        if chance(1, in: 4) { log.append(stamp(row)) }
    }
}
