package import LedgerJSON
import LedgerRules
package import LedgerValues

/// What a position would be worth if spot, IV and time moved (docs/contract/research.md, "Scenarios").
package struct Scenario: Sendable {
    /// A cell of the grid.
    private struct Cell {
        let spotChange: FixedDecimal
        let ivChange: FixedDecimal
        let days: Int
        let spot: ExactNumber
        let iv: FixedDecimal?
        let daysToExpiry: Int
        /// Unrounded.
        let price: ExactNumber?
    }

    private let position: ScenarioPosition
    private let chain: OptionChain?
    private let row: ChainRow?
    private let now: Instant
    private let today: CalendarDate
    private let rules: ScenarioRules

    private let multiplier: FixedDecimal?
    private let mark: ExactNumber?
    private let markSource: String?
    private let iv: FixedDecimal?
    private let spot: FixedDecimal?
    /// On the spot of the position.
    private let forward: ExactNumber?
    private let isExpired: Bool
    private var dte: Int { position.expiry.days(since: today) }

    /// - Parameters:
    ///   - chain: the latest complete one of the expiry up to now. Nil without one.
    ///   - today: now's market date.
    package init(
        of position: ScenarioPosition, chain: OptionChain?, now: Instant, today: CalendarDate, isFile: Bool = false, _ rules: ScenarioRules
    ) {
        self.position = position
        self.chain = chain
        self.now = now
        self.today = today
        self.rules = rules
        let row = chain?.rows.first { $0.strike == position.strike && $0.optionType == position.optionType }
        self.row = row
        multiplier = position.multiplier ?? (isFile ? chain?.multiplier ?? rules.fileMultiplier : nil)
        let known = row.flatMap { ChainMark(of: $0) }
        mark = position.mark?.exact ?? known?.price
        markSource = position.mark == nil ? known?.source.rawValue : "file"
        iv = (position.iv ?? row?.iv).flatMap { $0 > .zero ? $0 : nil }
        spot = (position.spot ?? chain?.spot).flatMap { $0 > .zero ? $0 : nil }
        if let chain, let own = chain.forward, own > .zero, let spot, let chainSpot = chain.soundSpot {
            forward = (own.exact * spot.exact).divided(by: chainSpot.exact)
        } else {
            forward = nil
        }
        isExpired = rules.dates.expiry(on: position.expiry, of: position.underlying).map { now >= $0 } ?? false
    }

    // MARK: - Figures

    private var isLong: Bool { !position.quantity.isNegative }
    private var contracts: FixedDecimal { position.quantity.magnitude }

    private func intrinsic(at spot: ExactNumber) -> ExactNumber {
        let gain = position.optionType == .call ? spot - position.strike.exact : position.strike.exact - spot
        return gain.isNegative ? .zero : gain
    }

    /// The model on the price that it takes: the forward, or the spot.
    private func model(spotFactor: ExactNumber, iv: FixedDecimal, days: Int) -> BlackScholes? {
        guard let spot else { return nil }
        let price = ((forward ?? spot.exact) * spotFactor).rounded().map { Double(nearest: $0) } ?? .nan
        return BlackScholes(
            price: price, strike: Double(nearest: position.strike), volatility: Double(nearest: iv) / 100,
            years: Double(days) / Double(rules.daysPerYear))
    }

    private func grid() -> [Cell] {
        guard let spot, !isExpired else { return [] }
        var cells: [Cell] = []
        for spotChange in rules.spotChanges {
            let factor = ExactNumber(1) + spotChange.exact
            let moved = spot.exact * factor
            for ivChange in rules.ivChanges {
                let scenarioIV = iv.map { max($0 + ivChange, rules.ivFloor) }
                for days in rules.daysForward {
                    let left = max(dte - days, 0)
                    var price: ExactNumber?
                    if left == 0 {
                        price = intrinsic(at: moved)
                    } else if let scenarioIV, let model = model(spotFactor: factor, iv: scenarioIV, days: left) {
                        price = ExactNumber(exactly: position.optionType == .call ? model.call : model.put)
                    }
                    cells.append(
                        Cell(
                            spotChange: spotChange, ivChange: ivChange, days: days, spot: moved, iv: scenarioIV, daysToExpiry: left,
                            price: price))
                }
            }
        }
        return cells
    }

    /// What a day costs the position; below zero for a short one. Nil at the expiry date and after it.
    private var thetaBurn: ExactNumber? {
        guard dte > 0, !isExpired, let iv, let multiplier, let model = model(spotFactor: ExactNumber(1), iv: iv, days: dte),
            let theta = ExactNumber(exactly: model.thetaADay)
        else { return nil }
        return -theta * position.quantity.exact * multiplier.exact
    }

    private func warnings(gap: ExactNumber?) -> Set<String> {
        var warnings: Set<String> = []
        if isExpired { warnings.insert("expired") }
        if chain == nil, position.spot == nil {
            warnings.insert("no_chain")
        } else if spot == nil {
            warnings.insert("missing_spot")
        }
        if let date = quoteDate, today.days(since: date) > rules.staleDays { warnings.insert("stale_chain") }
        if iv == nil { warnings.insert("missing_iv") }
        if mark == nil { warnings.insert("missing_mark") }
        if multiplier == nil { warnings.insert("missing_multiplier") }
        if let gap, let mark, mark.magnitude * rules.modelGapShare.exact < gap.magnitude { warnings.insert("model_gap") }
        if position.mark == nil, row.flatMap({ ChainMark(of: $0) })?.isStale ?? false { warnings.insert("stale_last") }
        return warnings
    }

    private var quoteDate: CalendarDate? { chain.flatMap { rules.dates.date(at: $0.timestamp, of: position.underlying) } }

    // MARK: - JSON

    /// Writes the position's member of the document.
    package func write(to out: inout JSONWriter) {
        let cells = grid()
        let unmoved = cells.first { $0.spotChange.isZero && $0.ivChange.isZero && $0.days == 0 }?.price
        let gap = unmoved.flatMap { price in mark.map { price - $0 } }
        let intrinsic = spot.map { self.intrinsic(at: $0.exact) }
        let reference = mark ?? position.basis?.exact
        let burn = thetaBurn
        let premium = mark.flatMap { mark in multiplier.map { mark * contracts.exact * $0.exact } }
        out.beginObject()
        out.key("basis"); out.decimalNumber(position.basis)
        out.key("contracts"); out.decimalNumber(contracts)
        out.key("dte"); out.integer(dte)
        out.key("expiry"); out.date(position.expiry)
        out.key("extrinsic"); out.decimalNumber(intrinsic.flatMap { intrinsic in mark.map { ($0 - intrinsic).rounded() } ?? nil })
        out.key("forward"); out.decimalNumber(forward?.rounded())
        out.key("grid")
        out.beginArray()
        for cell in cells { write(cell, reference, to: &out) }
        out.endArray()
        out.key("intrinsic"); out.decimalNumber(intrinsic?.rounded())
        out.key("iv"); out.decimalNumber(iv)
        out.key("mark"); out.decimalNumber(mark?.rounded())
        out.key("mark_source"); out.string(mark == nil ? nil : markSource)
        out.key("model_gap"); out.decimalNumber(gap?.rounded())
        out.key("multiplier"); out.decimalNumber(multiplier)
        out.key("option_type"); out.string(position.optionType.rawValue)
        out.key("pnl_reference"); out.string(mark != nil ? "mark" : position.basis != nil ? "basis" : nil)
        out.key("position_id"); out.string(position.id)
        out.key("quote_market_date"); out.date(quoteDate)
        out.key("quote_timestamp"); out.instant(chain?.timestamp)
        out.key("side"); out.string(isLong ? "buy" : "sell")
        out.key("spot"); out.decimalNumber(spot)
        out.key("strike"); out.decimalNumber(position.strike)
        out.key("theta_burn_dollars_day"); out.decimalNumber(burn?.rounded())
        out.key("theta_burn_pct_premium_day")
        out.decimalNumber(burn.flatMap { burn in premium.flatMap { burn.divided(by: $0)?.rounded() } })
        out.key("underlying"); out.string(position.underlying)
        out.warnings(warnings(gap: gap))
        out.endObject()
    }

    private func write(_ cell: Cell, _ reference: ExactNumber?, to out: inout JSONWriter) {
        var gain: ExactNumber?
        if let price = cell.price, let reference, let multiplier {
            gain = (isLong ? price - reference : reference - price) * multiplier.exact
        }
        out.beginObject()
        out.key("days_forward"); out.integer(cell.days)
        out.key("days_to_expiry"); out.integer(cell.daysToExpiry)
        out.key("iv_change_pp"); out.decimalNumber(cell.ivChange)
        out.key("pnl_per_contract"); out.decimalNumber(gain?.rounded())
        out.key("pnl_position"); out.decimalNumber(gain.flatMap { ($0 * contracts.exact).rounded() })
        out.key("scenario_iv"); out.decimalNumber(cell.iv)
        out.key("scenario_spot"); out.decimalNumber(cell.spot.rounded())
        out.key("spot_change_pct"); out.decimalNumber(cell.spotChange)
        out.key("theoretical_price"); out.decimalNumber(cell.price?.rounded())
        out.endObject()
    }
}

/// The document of scenarios: a position each.
package enum ScenarioDocument {
    package static let model = "Black-Scholes without interest and dividends, European; US equity options are American"

    /// Writes the document: a JSON object, decimals as numbers.
    package static func write(_ scenarios: [Scenario], now: Instant, asked: (name: String, value: String?), _ rules: ScenarioRules)
        -> [UInt8]
    {
        JSONWriter.bytes(reservingCapacity: 1 << 16) { out in
            out.beginObject()
            out.key("disclaimer"); out.string(Research.disclaimer)
            out.key("model"); out.string(model)
            out.key("now"); out.instant(now)
            out.key("portfolio"); out.string(asked.name == "portfolio" ? asked.value : nil)
            out.key("position_id"); out.string(asked.name == "position_id" ? asked.value : nil)
            out.key("positions")
            out.beginArray()
            for scenario in scenarios { scenario.write(to: &out) }
            out.endArray()
            out.key("rules")
            out.beginObject()
            out.key(rules.file.path); out.integer(rules.file.version)
            out.endObject()
            out.warnings(scenarios.isEmpty ? ["no_chain"] : [])
            out.endObject()
        }
    }
}
