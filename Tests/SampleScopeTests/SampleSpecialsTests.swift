import LedgerJSON
import LedgerValues
import SampleScope
import Testing

@Suite("What the sample has of everything")
struct SampleSpecialsTests {
    private func count(_ phase: SampleScope.Phase = .initial, where holds: (ParsedRow) -> Bool) throws -> Int {
        try ParsedRow.all(phase).filter(holds).count
    }

    @Test func `statuses`() throws {
        #expect(try count { $0.string("tradeStatus") == "CANCELLED" } == 2)
        #expect(try count { $0.string("tradeStatus") == "BUSTED" } == 1)
        #expect(try count { $0.string("tradeStatus") == "PARTIALLY_FILLED" } == 20)
        #expect(try count(.updated) { $0.string("tradeStatus") == "BUSTED" } == 2)
        #expect(try count(.updated) { $0.string("tradeStatus") == "PARTIALLY_FILLED" } == 19)
        #expect(
            try ParsedRow.all().allSatisfy {
                $0.string("tradeStatus") != "PARTIALLY_FILLED" || $0.decimal("pendingQuantity") != .zero
            })
    }

    @Test func `missing values`() throws {
        #expect(try count { $0.isNull("feesUsd") } == 5)
        #expect(try count(.updated) { $0.isNull("feesUsd") } == 4)
        #expect(try count { $0.isNull("broker") } == 3)
        #expect(try count { $0.isNull("portfolioName") } == 1)
        #expect(try count { $0.isNull("side") } == 1)
        #expect(try count { $0.isNull("premiumUsd") } == 1)
        #expect(try count { !$0.isNull("notes") } == 3)
        #expect(try count { $0.object["notes"]?.string == "" } == 9)
    }

    @Test func `unusual symbols, synthetic rows, an unknown key, numbers in quotes, a rebate, a fraction of a cent`() throws {
        #expect(try count { $0.string("optionSymbol")?.utf8.count == 21 } == 1)
        #expect(try count { $0.symbol?.root == "MSTR1" } == 1)
        #expect(try count { $0.object["isSynthetic"]?.bool == true } == 3)
        #expect(try count { $0.string("deskTag") != nil } == 13)
        #expect(try count { $0.object["price"]?.kind == .string } == 18)
        #expect(try count { $0.decimal("feesUsd")?.isNegative == true } == 1)
        #expect(try count { ($0.decimal("price")?.units ?? 0) % 100_000_000 != 0 } == 1)
    }

    @Test func `premiums are price × quantity × multiplier but for two rows`() throws {
        let mismatches = try ParsedRow.all().filter { row in
            guard let premium = row.decimal("premiumUsd"), let derived = row.derivedPremium else { return false }
            return derived != premium
        }
        #expect(mismatches.count == 2)
        // Both are beyond what `trades` tolerates: max(0.01 USD, 0.0001 × provided).
        for row in mismatches {
            let premium = try #require(row.decimal("premiumUsd"))
            let derived = try #require(row.derivedPremium)
            let share = try FixedDecimal("0.0001")
            let tolerance = try #require(FixedDecimal.roundedProduct(premium, share, FixedDecimal(1)))
            #expect((premium - derived).magnitude > max(tolerance, try FixedDecimal("0.01")), "\(row.id)")
        }
    }

    @Test func `ten rows change in the second phase, all to newer updates`() throws {
        let before = SampleScope.rows(phase: .initial)
        let after = SampleScope.rows(phase: .updated)
        let changed = zip(before, after).filter { $0 != $1 }
        #expect(changed.count == 10)
        #expect(changed.allSatisfy { $0.updatedAt < $1.updatedAt })
        #expect(after.map(\.updatedAt).max()?.description == "2026-02-03T21:14:09.120000Z")
        #expect(before.map(\.updatedAt).max()?.description == "2026-01-30T21:14:08.988000Z")

        var fields: [String: Int] = [:]
        for (old, new) in changed {
            let (old, new) = (try ParsedRow(old), try ParsedRow(new))
            let names = old.object.members.map(\.key).filter {
                old.object[$0]?.sourceText != new.object[$0]?.sourceText
            }
            for name in names { fields[name, default: 0] += 1 }
        }
        #expect(
            fields == [
                "updatedAt": 10, "filledQuantity": 2, "price": 2, "premiumUsd": 4, "feesUsd": 5, "notes": 1,
                "tradeStatus": 2, "pendingQuantity": 1, "broker": 1,
            ])
    }

    @Test func `corrected premiums follow from the corrected prices and quantities, and cancel out in pairs`() throws {
        var change = FixedDecimal.zero
        for (before, after) in zip(SampleScope.rows(phase: .initial), SampleScope.rows(phase: .updated))
        where before.premium != after.premium {
            let row = try ParsedRow(after)
            #expect(row.counts && row.decimal("premiumUsd") == row.derivedPremium, "\(row.id)")
            let (old, new) = (try #require(before.premium), try #require(after.premium))
            change = change + new - old
        }
        #expect(change.isZero)
    }

    @Test func `positions are partly closed, flipped, reopened, traded both ways in one instant, and left open`() throws {
        let shapes = PositionShapes(try ParsedRow.all())
        #expect(
            shapes == PositionShapes(groups: 209, closed: 129, partialCloses: 242, flips: 17, reopenings: 22, ties: 15))
    }
}

/// What the positions of a list of rows go through, by portfolio and contract.
struct PositionShapes: Equatable {
    var groups = 0
    /// Groups that end at zero.
    var closed = 0
    /// Executions that close a part of a position.
    var partialCloses = 0
    /// Executions that turn a position from long to short or back.
    var flips = 0
    /// Executions that open a position anew after it was closed.
    var reopenings = 0
    /// Pairs of opposite executions in one instant.
    var ties = 0

    init(groups: Int, closed: Int, partialCloses: Int, flips: Int, reopenings: Int, ties: Int) {
        (self.groups, self.closed, self.partialCloses) = (groups, closed, partialCloses)
        (self.flips, self.reopenings, self.ties) = (flips, reopenings, ties)
    }

    init(_ rows: [ParsedRow]) {
        var net: [String: FixedDecimal] = [:]
        var last: [String: (traded: Instant?, side: String)] = [:]
        for row in rows where row.counts {
            guard let symbol = row.symbol, let side = row.string("side"), let quantity = row.decimal("filledQuantity")
            else {
                continue
            }
            let key = "\(row.string("portfolioName") ?? "")|\(symbol)"
            let before = net[key]
            let after = (before ?? .zero) + (side == "BUY" ? quantity : -quantity)
            if let before {
                if before.isZero {
                    reopenings += 1
                } else if !after.isZero && before.isNegative != after.isNegative {
                    flips += 1
                } else if !after.isZero && after.magnitude < before.magnitude {
                    partialCloses += 1
                }
            }
            if let previous = last[key], previous.traded == row.traded, previous.side != side { ties += 1 }
            net[key] = after
            last[key] = (row.traded, side)
        }
        groups = net.count
        closed = net.values.filter(\.isZero).count
    }
}
