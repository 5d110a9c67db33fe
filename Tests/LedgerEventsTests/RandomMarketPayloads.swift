import LedgerEvents
import LedgerValues
import OptionTrades

/// Observations, stamps, benchmarks and marks over the whole range of what they can hold.
extension RandomPayloads {
    mutating func value(of field: MarketField) -> MarketValue {
        if !field.isRequired, number(0...3) == 0 { return .null }
        switch field.type {
        case .choice(let values): return .text(pick(values))
        case .text, .identifier: return .text(pick(["BTC", "MSTR", "é", "e\u{301}", "a b", "𝄞\"\\", "deribit"]))
        case .instant: return .instant(instant())
        case .date: return .date(date())
        case .ordinal: return .integer(Int64(number(1...1000)))
        // What the rows are depends on the kind; see `observation(_:)`.
        case .rows: return .null
        case .integer: return .integer(Int64(number(0...9_007_199_254_740_991)))
        case .optionType: return .optionType(pick(OptionType.allCases))
        case .decimal:
            switch field.range {
            case .any: return .decimal(decimal(signed: true))
            case .aboveZero: return .decimal(decimal(above: 1))
            case .zeroOrAbove: return .decimal(decimal())
            case .unit: return .decimal(FixedDecimal(units: Int128(number(-10_000_000_000...10_000_000_000))))
            case .percent: return .decimal(FixedDecimal(units: Int128(number(-1_000_000_000_000...1_000_000_000_000))))
            }
        }
    }

    mutating func observation(_ kind: MarketKind) -> MarketObservedPayload {
        var values: [MarketValue] = []
        for field in kind.fields { values.append(value(of: field)) }
        switch kind {
        case .optionChain:
            var strike = 1
            let rows = (0..<number(0...5)).map { _ in
                strike += number(1...5)
                var row: [MarketValue] = []
                for field in kind.rowFields { row.append(value(of: field)) }
                row[0] = .decimal(FixedDecimal(strike))
                return row
            }
            values[values.count - 1] = .rows(MarketRows(rows, of: kind))
        case .bars:
            let isDaily = chance()
            var time = instant()
            if isDaily { time = Instant(startOf: time.date) ?? time }
            var row: [MarketValue] = []
            for field in kind.rowFields { row.append(value(of: field)) }
            row[0] = .instant(time)
            values[1] = .text(isDaily ? "1d" : "1m")
            values[2] = .text(Bar.period(of: time, isDaily: isDaily))
            values[values.count - 1] = .rows(MarketRows([row], of: kind))
        default: break
        }
        guard
            let payload = MarketObservedPayload(
                kind: kind, values: values, rounded: chance(), unitSource: optional { _ in "fraction" }, provenance: provenance())
        else { preconditionFailure("a generated observation is good") }
        return payload
    }

    mutating func provenance() -> MarketObservedPayload.Provenance {
        MarketObservedPayload.Provenance(
            observedSource: optional { $0.pick(["amberdata", "é"]) }, sourceCurrency: optional { _ in "SOL_USDC" },
            clampedIV: optional { $0.decimal() }, missingSources: chance() ? [] : ["dvol", "é"])
    }

    mutating func basis() -> Basis {
        Basis(of: row(), target: optional { $0.instant() })
    }

    mutating func quote() -> OptionQuote {
        OptionQuote(
            timestamp: instant(), exchangeTimestamp: optional { $0.instant() },
            bid: optional { $0.decimal(signed: true) }, ask: optional { $0.decimal(signed: true) },
            bidSize: optional { $0.decimal() }, askSize: optional { $0.decimal() }, mark: optional { $0.decimal() },
            markIV: optional { $0.decimal() }, underlyingPrice: optional { $0.decimal() },
            volume24h: optional { $0.decimal() }, openInterest: optional { $0.decimal() }, rounded: chance())
    }

    mutating func inputs() -> [EventInput] {
        var inputs: [EventInput] = []
        for field in ["dvol", "spot", "realized_vol", "é", "𝄞", "\u{e000}"] where chance() {
            let first = Int64(number(1...1_000_000))
            inputs.append(EventInput(field: field, positions: chance() ? [first] : [first, first + 1, first + 9]))
        }
        return inputs
    }

    mutating func stamp() -> ContextStampedPayload {
        let digest = Digest32([UInt8](repeating: UInt8(number(0...255)), count: 32)).description
        return ContextStampedPayload(
            source: "alpha_sync", sourceTradeID: text(), contextKey: text(), basis: basis(),
            rules: [RuleReference(version: number(1...9), digest: digest, file: "context/rules.v1.yaml")],
            quoteUnderlying: optional { $0.text() }, marketProxy: optional { $0.text() },
            mappingMethod: "crypto_equity_proxy", mappingConfidence: decimal(), mappingQuality: "proxy_mapped",
            spotAtTrade: optional { $0.decimal() }, spotSource: optional { _ in "gex_hourly" },
            spotTimeDeltaMinutes: optional { $0.decimal() }, dvol: optional { $0.decimal() },
            iv30d: optional { $0.decimal() }, rv30d: optional { $0.decimal() },
            vrp: optional { $0.decimal(signed: true) }, vrpSource: optional { _ in "derived" },
            dvolPercentile: optional { $0.decimal() }, gexImbalance: optional { $0.decimal(signed: true) },
            gammaRegime: optional { _ in "neutral" }, termStructureState: optional { _ in "flat" },
            stationarityStatus: optional { _ in "stable" }, stationarityBlendWeight: optional { $0.decimal() },
            smileRichCheap: optional { _ in "rich" }, smileState: "not_sourced", volume24h: optional { $0.decimal() },
            openInterest: optional { $0.decimal() }, contextQuality: "stale",
            missingFields: chance() ? [] : ["dvol", "vrp"], inputs: inputs(),
            observedThroughPosition: Int64(number(0...9_999_999)))
    }

    mutating func benchmark() -> ExecutionBenchmarkPayload {
        ExecutionBenchmarkPayload(
            source: "alpha_sync", sourceTradeID: text(), basis: basis(), quote: optional { $0.quote() },
            quoteSource: optional { $0.text() },
            model: optional { ModelMark(mark: $0.decimal(), iv: $0.optional { $0.decimal() }) },
            windowFrom: optional { $0.instant() }, windowTo: optional { $0.instant() }, error: optional { $0.text() },
            notEntitled: chance(), lookedUpAt: instant(), inputs: inputs())
    }

    mutating func mark() -> ForwardMarkPayload {
        ForwardMarkPayload(
            source: "alpha_sync", sourceTradeID: text(), horizonKey: pick(["7d", "expiry"]),
            horizonDays: optional { $0.number(1...3650) }, basis: basis(), quote: optional { $0.quote() },
            quoteSource: optional { $0.text() }, windowFrom: optional { $0.instant() },
            windowTo: optional { $0.instant() }, error: optional { $0.text() }, notEntitled: chance(),
            spot: optional {
                HorizonSpot(
                    price: $0.decimal(above: 1), kind: $0.pick(["spot", "gex_hourly"]), timestamp: $0.instant())
            }, realizedVol: optional { $0.decimal() }, lookedUpAt: instant(), inputs: inputs())
    }
}
