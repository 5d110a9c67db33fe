import Events
import JSON
import Values

// Readers for stamps, benchmarks, marks and their parts.

extension CanonicalReader {
    /// Reads the payload of a stamp.
    mutating func stamp() -> ContextStampedPayload? {
        var basis = Basis(unread: ())
        var inputs: [EventInput] = []
        var (contextKey, quality, method, mappingQuality) = ("", "", "", "")
        var (regime, proxy, underlying, rich): (String?, String?, String?, String?)
        var (dvol, percentile, imbalance, iv): (FixedDecimal?, FixedDecimal?, FixedDecimal?, FixedDecimal?)
        var openInterest: FixedDecimal?
        var confidence = FixedDecimal.zero
        var missing: [String] = []
        guard take(#"{"basis":"#), self.basis(&basis),
            take(#","context_key":"#), sharedText(&contextKey),
            take(#","context_quality":"#), sharedText(&quality),
            take(#","dvol":"#), decimal(&dvol),
            take(#","dvol_percentile":"#), decimal(&percentile),
            take(#","gamma_regime":"#), sharedText(&regime),
            take(#","gex_imbalance":"#), decimal(&imbalance),
            take(#","inputs":"#), self.inputs(&inputs),
            take(#","iv_30d":"#), decimal(&iv),
            take(#","mapping_confidence":"#), decimal(&confidence),
            take(#","mapping_method":"#), sharedText(&method),
            take(#","mapping_quality":"#), sharedText(&mappingQuality),
            take(#","market_proxy":"#), sharedText(&proxy),
            take(#","missing_fields":"#), texts(&missing),
            take(#","observed_through_position":"#), let observedThrough = integer(),
            take(#","open_interest":"#), decimal(&openInterest),
            take(#","quote_underlying":"#), sharedText(&underlying),
            take(#","rules":"#), let rules = rules()
        else { return nil }

        var (rv, spot, delta, weight): (FixedDecimal?, FixedDecimal?, FixedDecimal?, FixedDecimal?)
        var (volume, vrp): (FixedDecimal?, FixedDecimal?)
        var (spotSource, status, term, vrpSource): (String?, String?, String?, String?)
        var (smileState, source, tradeID) = ("", "", "")
        guard take(#","rv_30d":"#), decimal(&rv),
            take(#","smile_rich_cheap":"#), sharedText(&rich),
            take(#","smile_state":"#), sharedText(&smileState),
            take(#","source":"#), sharedText(&source),
            take(#","source_trade_id":"#), text(&tradeID),
            take(#","spot_at_trade":"#), decimal(&spot),
            take(#","spot_source":"#), sharedText(&spotSource),
            take(#","spot_time_delta_minutes":"#), decimal(&delta),
            take(#","stationarity_blend_weight":"#), decimal(&weight),
            take(#","stationarity_status":"#), sharedText(&status),
            take(#","term_structure_state":"#), sharedText(&term),
            take(#","volume_24h":"#), decimal(&volume),
            take(#","vrp":"#), decimal(&vrp),
            take(#","vrp_source":"#), sharedText(&vrpSource), take("}"), isAtEnd
        else { return nil }
        return ContextStampedPayload(
            source: source, sourceTradeID: tradeID, contextKey: contextKey, basis: basis, rules: rules,
            quoteUnderlying: underlying, marketProxy: proxy, mappingMethod: method, mappingConfidence: confidence,
            mappingQuality: mappingQuality, spotAtTrade: spot, spotSource: spotSource, spotTimeDeltaMinutes: delta,
            dvol: dvol, iv30d: iv, rv30d: rv, vrp: vrp, vrpSource: vrpSource, dvolPercentile: percentile,
            gexImbalance: imbalance, gammaRegime: regime, termStructureState: term, stationarityStatus: status,
            stationarityBlendWeight: weight, smileRichCheap: rich, smileState: smileState, volume24h: volume,
            openInterest: openInterest, contextQuality: quality, missingFields: missing, inputs: inputs,
            observedThroughPosition: observedThrough)
    }

    /// Reads the payload of a benchmark.
    mutating func benchmark() -> ExecutionBenchmarkPayload? {
        var basis = Basis(unread: ())
        var (error, quoteSource): (String?, String?)
        var inputs: [EventInput] = []
        var lookedUpAt = Instant.minimum
        var model: ModelMark?
        var notEntitled = false
        var quote: OptionQuote?
        var (source, tradeID) = ("", "")
        var (from, to): (Instant?, Instant?)
        guard take(#"{"basis":"#), self.basis(&basis),
            take(#","error":"#), sharedText(&error),
            take(#","inputs":"#), self.inputs(&inputs),
            take(#","looked_up_at":"#), instant(&lookedUpAt),
            take(#","model":"#), self.model(&model),
            take(#","not_entitled":"#), truth(&notEntitled),
            take(#","quote":"#), self.quote(&quote),
            take(#","quote_source":"#), sharedText(&quoteSource),
            take(#","source":"#), sharedText(&source),
            take(#","source_trade_id":"#), text(&tradeID),
            take(#","window_from":"#), instant(&from),
            take(#","window_to":"#), instant(&to), take("}"), isAtEnd
        else { return nil }
        return ExecutionBenchmarkPayload(
            source: source, sourceTradeID: tradeID, basis: basis, quote: quote, quoteSource: quoteSource, model: model,
            windowFrom: from, windowTo: to, error: error, notEntitled: notEntitled, lookedUpAt: lookedUpAt,
            inputs: inputs)
    }

    /// Reads the payload of a mark.
    mutating func mark() -> ForwardMarkPayload? {
        var basis = Basis(unread: ())
        var (error, quoteSource): (String?, String?)
        var days: Int?
        var (key, source, tradeID) = ("", "", "")
        var inputs: [EventInput] = []
        var lookedUpAt = Instant.minimum
        var notEntitled = false
        var quote: OptionQuote?
        var vol: FixedDecimal?
        var spot: HorizonSpot?
        var (from, to): (Instant?, Instant?)
        guard take(#"{"basis":"#), self.basis(&basis),
            take(#","error":"#), sharedText(&error),
            take(#","horizon_days":"#), self.days(&days),
            take(#","horizon_key":"#), sharedText(&key),
            take(#","inputs":"#), self.inputs(&inputs),
            take(#","looked_up_at":"#), instant(&lookedUpAt),
            take(#","not_entitled":"#), truth(&notEntitled),
            take(#","quote":"#), self.quote(&quote),
            take(#","quote_source":"#), sharedText(&quoteSource),
            take(#","realized_vol":"#), decimal(&vol),
            take(#","source":"#), sharedText(&source),
            take(#","source_trade_id":"#), text(&tradeID),
            take(#","spot":"#), self.spot(&spot),
            take(#","window_from":"#), instant(&from),
            take(#","window_to":"#), instant(&to), take("}"), isAtEnd
        else { return nil }
        return ForwardMarkPayload(
            source: source, sourceTradeID: tradeID, horizonKey: key, horizonDays: days, basis: basis, quote: quote,
            quoteSource: quoteSource, windowFrom: from, windowTo: to, error: error, notEntitled: notEntitled,
            spot: spot, realizedVol: vol, lookedUpAt: lookedUpAt, inputs: inputs)
    }
}

// MARK: - Parts

extension CanonicalReader {
    private mutating func basis(_ basis: inout Basis) -> Bool {
        take(#"{"contract_key":"#) && sharedText(&basis.contractKey)
            && take(#","expiry":"#) && date(&basis.expiry)
            && take(#","option_type":"#) && enumeration(&basis.optionType)
            && take(#","strike":"#) && decimal(&basis.strike)
            && take(#","target":"#) && instant(&basis.target)
            && take(#","trade_date":"#) && instant(&basis.tradeDate)
            && take(#","underlying_symbol":"#) && sharedText(&basis.underlyingSymbol) && take("}")
    }

    private mutating func quote(_ value: inout OptionQuote?) -> Bool {
        if isNull() { return true }
        var quote = OptionQuote(timestamp: .minimum)
        guard take(#"{"ask":"#), decimal(&quote.ask),
            take(#","ask_size":"#), decimal(&quote.askSize),
            take(#","bid":"#), decimal(&quote.bid),
            take(#","bid_size":"#), decimal(&quote.bidSize),
            take(#","exchange_timestamp":"#), instant(&quote.exchangeTimestamp),
            take(#","mark":"#), decimal(&quote.mark),
            take(#","mark_iv":"#), decimal(&quote.markIV),
            take(#","open_interest":"#), decimal(&quote.openInterest),
            take(#","rounded":"#), truth(&quote.rounded),
            take(#","timestamp":"#), instant(&quote.timestamp),
            take(#","underlying_price":"#), decimal(&quote.underlyingPrice),
            take(#","volume_24h":"#), decimal(&quote.volume24h), take("}")
        else { return false }
        value = quote
        return true
    }

    private mutating func model(_ value: inout ModelMark?) -> Bool {
        if isNull() { return true }
        var model = ModelMark(mark: .zero)
        guard take(#"{"iv":"#), decimal(&model.iv), take(#","mark":"#), decimal(&model.mark), take("}")
        else { return false }
        value = model
        return true
    }

    private mutating func spot(_ value: inout HorizonSpot?) -> Bool {
        if isNull() { return true }
        var spot = HorizonSpot(price: .zero, kind: "", timestamp: .minimum)
        guard take(#"{"kind":"#), sharedText(&spot.kind), take(#","price":"#), decimal(&spot.price),
            take(#","timestamp":"#), instant(&spot.timestamp), take("}")
        else { return false }
        value = spot
        return true
    }

    private mutating func days(_ value: inout Int?) -> Bool {
        if isNull() { return true }
        guard let days = integer() else { return false }
        value = Int(days)
        return true
    }

    /// Reads an object from field to position or list of positions. Each field must occur once, in canonical order.
    private mutating func inputs(_ value: inout [EventInput]) -> Bool {
        if take("{}") { return true }
        guard take("{") else { return false }
        repeat {
            var field = ""
            guard sharedText(&field), take(":"),
                value.last.map({ CanonicalKeyOrder.precedes($0.field, field) }) ?? true
            else { return false }
            if let position = integer() {
                value.append(EventInput(field: field, position: position))
                continue
            }
            guard take("[") else { return false }
            var positions: [Int64] = []
            repeat {
                guard let position = integer() else { return false }
                positions.append(position)
            } while take(",")
            guard take("]") else { return false }
            value.append(EventInput(field: field, positions: positions))
        } while take(",")
        return take("}")
    }

    /// Reads the rule files of a stamp. Nearly all stamps of a log name the same files, so the pool keeps the last list
    /// read.
    private mutating func rules() -> [RuleReference]? {
        if let pool, take(pool.rules.bytes) { return pool.rules.references }
        let start = at
        var rules: [RuleReference] = []
        if take("[]") { return rules }
        guard take("[") else { return nil }
        repeat {
            var (digest, file) = ("", "")
            guard take(#"{"digest":"#), sharedText(&digest), take(#","file":"#), sharedText(&file),
                take(#","version":"#), let version = integer(), take("}")
            else { return nil }
            rules.append(RuleReference(version: Int(version), digest: digest, file: file))
        } while take(",")
        guard take("]") else { return nil }
        pool?.rules = (Array(slice(from: start)), rules)
        return rules
    }
}

extension Basis {
    /// The initial state for reading. Every field is read before a caller sees the basis.
    fileprivate init(unread: Void) {
        self.init(
            tradeDate: .minimum, underlyingSymbol: nil, contractKey: nil, optionType: nil, strike: nil, expiry: nil)
    }
}
