package import LedgerValues

/// The options of one underlying and expiry at a moment, joined from all parts.
package struct OptionChain: Sendable {
    package let timestamp: Instant
    package let source: String?
    package let spot: FixedDecimal?
    package let forward: FixedDecimal?
    package let multiplier: FixedDecimal?
    package let openInterestDate: CalendarDate?
    /// By strike, calls before puts.
    package let rows: [ChainRow]
    /// The positions of the parts' events, in the order of the parts.
    package let positions: [Int64]

    package init(
        timestamp: Instant, source: String? = nil, spot: FixedDecimal? = nil, forward: FixedDecimal? = nil,
        multiplier: FixedDecimal? = nil, openInterestDate: CalendarDate? = nil, rows: [ChainRow], positions: [Int64] = []
    ) {
        self.timestamp = timestamp
        self.source = source
        (self.spot, self.forward, self.multiplier) = (spot, forward, multiplier)
        self.openInterestDate = openInterestDate
        self.rows = rows
        self.positions = positions
    }

    /// The spot if it is above zero.
    package var soundSpot: FixedDecimal? { spot.flatMap { $0 > .zero ? $0 : nil } }
}

/// A part of a chain and the position of its event.
package struct ChainPart: Sendable {
    package let position: Int64
    package let observed: MarketObservedPayload

    package init(position: Int64, observed: MarketObservedPayload) {
        self.position = position
        self.observed = observed
    }

    package var timestamp: Instant { observed.timestamp }
    package var number: Int64 { observed.integer("part") ?? 0 }

    /// What all parts of a chain say alike.
    private struct Header: Equatable {
        let parts: Int64?
        let source: ByteKey?
        let spot: FixedDecimal?
        let forward: FixedDecimal?
        let multiplier: FixedDecimal?
        let openInterestDate: CalendarDate?

        init(_ observed: MarketObservedPayload) {
            parts = observed.integer("parts")
            source = observed.text("source").map { ByteKey($0) }
            spot = observed.decimal("spot")
            forward = observed.decimal("forward")
            multiplier = observed.decimal("multiplier")
            openInterestDate = observed.date("open_interest_date")
        }
    }

    /// The chain of parts of one timestamp, in the order of their numbers. Nil if it is incomplete: a part is missing, parts
    /// contradict each other, or their rows don't ascend. The split is that of part 1, and parts beyond it are ignored.
    package static func chain(of parts: some Collection<ChainPart>) -> OptionChain? {
        guard let first = parts.first, first.number == 1, let count = first.observed.integer("parts"), parts.count >= count
        else { return nil }
        let header = Header(first.observed)
        var rows: [ChainRow] = []
        var positions: [Int64] = []
        for (index, part) in parts.prefix(Int(count)).enumerated() {
            guard part.number == index + 1, index == 0 || Header(part.observed) == header,
                let own = part.observed.rows.flatMap({ ChainRow.all(in: $0.json) })
            else { return nil }
            rows += own
            positions.append(part.position)
        }
        guard ChainRow.ascend(rows) else { return nil }
        return OptionChain(
            timestamp: first.timestamp, source: header.source?.text, spot: header.spot, forward: header.forward,
            multiplier: header.multiplier, openInterestDate: header.openInterestDate, rows: rows, positions: positions)
    }
}
