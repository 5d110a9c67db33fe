import LedgerEvents
import LedgerValues
import OptionTrades
import RandomSupport

/// Payloads as the service makes them, over the whole range of what it accepts.
struct RandomPayloads {
    var random: SeededGenerator

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
    mutating func chance() -> Bool { Bool.random(using: &random) }

    mutating func optional<Value>(_ make: (inout RandomPayloads) -> Value) -> Value? {
        number(0...3) == 0 ? nil : make(&self)
    }

    mutating func pick<Value>(_ values: [Value]) -> Value { values[number(0...values.count - 1)] }

    /// Not empty, without U+0000; with quotes, controls, and characters of every width of UTF-8.
    mutating func text() -> String {
        let alphabet = Array("aZ09 |%:\"\\/\t\n\u{1}é\u{301}–𝄞\u{e000}\u{10ffff}".unicodeScalars)
        var text = ""
        for _ in 0..<number(1...12) { text.unicodeScalars.append(pick(alphabet)) }
        return text
    }

    mutating func decimal(above minimum: Int128 = 0, signed: Bool = false) -> FixedDecimal {
        let digits = number(1...28)
        var units: Int128 = 0
        for _ in 0..<digits { units = units * 10 + Int128(number(0...9)) }
        if chance() { units -= units % FixedDecimal.unitsPerOne }
        units = max(units, minimum)
        return FixedDecimal(units: signed && chance() ? -units : units)
    }

    mutating func instant() -> Instant {
        let microseconds = Int64.random(in: 0...Instant.maximum.microseconds, using: &random)
        return Instant(microseconds: chance() ? microseconds : microseconds - microseconds % 1_000_000) ?? .minimum
    }

    mutating func date() -> CalendarDate {
        CalendarDate(checkingDaysSinceEpoch: number(-719_162...2_932_896)) ?? .minimum
    }

    mutating func symbol() -> String {
        let date = CalendarDate(checkingDaysSinceEpoch: number(10957...47481)) ?? .minimum
        let (year, month, day) = date.components
        func padded(_ number: Int, _ width: Int) -> String {
            String(repeating: "0", count: width - "\(number)".count) + "\(number)"
        }
        return pick(["MSTR", "A", "BRKB", "MSTR1", "ABCDEF"]) + padded(year % 100, 2) + padded(month, 2)
            + padded(day, 2) + pick(["C", "P"]) + padded(number(1...99_999_999), 8)
    }

    mutating func row() -> ExecutionRow {
        ExecutionRow(
            source: "alpha_sync", sourceTradeID: text(), sourceUpdatedAt: instant(), tradeDate: instant(),
            tradeStatus: pick(TradeStatus.allCases), sourceCreatedAt: optional { $0.instant() },
            sourceTradeTicketID: optional { $0.text() }, sourcePortfolioID: optional { $0.text() },
            sourceSecurityID: optional { $0.text() }, sourcePortfolio: optional { $0.text() },
            underlyingSymbol: optional { $0.text() }, underlyingType: optional { $0.text() },
            optionSymbol: optional { $0.symbol() }, instrument: optional { $0.text() },
            direction: optional { $0.pick(Direction.allCases) }, optionType: optional { $0.pick(OptionType.allCases) },
            strike: optional { $0.decimal(above: 1) }, expiry: optional { $0.date() },
            quantity: optional { $0.decimal() }, pendingQuantity: optional { $0.decimal() },
            price: optional { $0.decimal() }, priceCurrency: optional { $0.pick(["USD", "USDC", "XXXXX"]) },
            contractMultiplier: optional { $0.decimal(above: 1) }, quantityUnit: optional { $0.text() },
            premiumUSD: optional { $0.decimal() }, feesUSD: optional { $0.decimal(signed: true) },
            tradedIV: optional { $0.decimal(above: 1) }, spotAtTrade: optional { $0.decimal(above: 1) },
            reconStatus: optional { $0.text() }, sourceBroker: optional { $0.text() },
            sourceExecutionType: optional { $0.text() }, sourceCreatedBy: optional { $0.text() },
            notes: optional { $0.text() }, isSynthetic: optional { $0.chance() })
    }

    mutating func unknownFields() -> [(key: String, sourceText: String)] {
        var fields: [(key: String, sourceText: String)] = []
        for _ in 0..<number(0...4) {
            let key = text()
            if !fields.contains(where: { $0.key.isBytewiseEqual(to: key) }) { fields.append((key, "\"\(text())\"")) }
        }
        return fields
    }

    mutating func recorded() -> ExecutionPayload {
        ExecutionPayload(row: row(), scopeKey: text(), unknownFields: unknownFields())
    }

    /// An update from a random older row of the same trade; at least one field differs.
    mutating func updated() -> ExecutionPayload {
        let new = row()
        var old = row()
        old.sourceTradeID = new.sourceTradeID
        old.sourceUpdatedAt = new.sourceUpdatedAt.advanced(byMicroseconds: -1) ?? .maximum
        return ExecutionPayload(
            row: new, scopeKey: text(), unknownFields: unknownFields(), changedFields: new.changedFields(from: old))
    }

    mutating func presence(isMissing: Bool) -> PresencePayload {
        PresencePayload(source: "alpha_sync", sourceTradeID: text(), scopeKey: text(), isMissing: isMissing)
    }

    mutating func rejected() -> RejectedRowPayload {
        RejectedRowPayload(
            source: "alpha_sync", raw: "{\"tradeId\": \"\(text())\"}",
            reasons: chance() ? ["invalid:row"] : ["invalid:strike", "missing:updatedAt"],
            sourceTradeID: optional { $0.text() })
    }

    mutating func scopeDetails() -> [UInt8] {
        ExecutionScope.details(
            portfolios: Array(["ICOI", "IMST", "é"].prefix(number(0...3))), includePending: chance())
    }

    mutating func id() -> UniqueID { UniqueID(random: &random) }

    mutating func summary() -> RunSummary {
        var summary = RunSummary(
            runID: id(), scopeKey: text(), dryRun: false, fullScope: chance(), startedAt: instant(),
            finishedAt: instant())
        summary.fetched = number(0...1_000_000)
        summary.rejectedByReason = chance() ? [:] : ["invalid:strike": 2, "missing:tradeId": 1]
        summary.changedFields = chance() ? [:] : ["price": 2, "price_currency": 1]
        summary.unknownKeys = chance() ? [:] : ["é": 1, "e\u{301}": 2, "\u{e000}": 3, "𝄞": 4]
        summary.nextCursor = optional { $0.text() }
        summary.nextWatermark = optional { $0.instant() }
        summary.comparison = optional { maker in
            RunSummary.Comparison(
                sourceRows: maker.number(0...999), localRows: maker.number(0...999), sourceQuantity: maker.decimal(),
                localQuantity: maker.decimal(), sourcePremiumUSD: maker.decimal(), localPremiumUSD: maker.decimal(),
                unmatchedSourceTradeIDs: ["a"], unmatchedLocalTradeIDs: [])
        }
        return summary
    }

    mutating func completed() -> SyncCompletedPayload {
        SyncCompletedPayload(
            scopeKey: text(), scopeDetails: scopeDetails(), sourceName: TradeLedger.standardFeed, summary: summary().canonicalBytes(),
            cursor: optional { $0.text() }, watermark: optional { $0.instant() })
    }

    mutating func failed() -> SyncFailedPayload {
        SyncFailedPayload(
            runID: id(), scopeKey: text(), scopeDetails: scopeDetails(), sourceName: TradeLedger.standardFeed, errorCode: "cursor_repeated",
            errorMessage: text(), startedAt: instant(), finishedAt: instant())
    }

    mutating func promoted() -> ProjectionPromotedPayload {
        let digest = Digest32([UInt8](repeating: UInt8(number(0...255)), count: 32)).description
        return ProjectionPromotedPayload(
            projection: "trades", oldVersion: optional { _ in "v1" }, newVersion: "v2", codeVersion: number(1...9),
            rules: [
                .init(file: "trades/rules.v2.yaml", version: 2, digest: digest),
                .init(file: "a", version: 1, digest: digest),
            ],
            position: Int64(number(0...9_999_999)), diffDigest: optional { _ in digest })
    }

    mutating func captured() -> SnapshotCapturedPayload {
        SnapshotCapturedPayload(
            currency: "BTC", snapshotType: pick(["gex", "prints"]), hour: instant(), recordCount: Int64(number(0...9_999)),
            digest: Digest32([UInt8](repeating: UInt8(number(0...255)), count: 32)), observedSource: "amberdata",
            pages: Int64(number(0...9)), windowFrom: instant(), windowTo: instant())
    }

    mutating func captureFailed() -> CaptureFailedPayload {
        CaptureFailedPayload(
            currency: "ETH", snapshotType: "oi", windowFrom: instant(), windowTo: instant(), code: chance() ? .failed : .notEntitled,
            message: text(), observedSource: "amberdata")
    }

    mutating func holding() -> HoldingKey {
        HoldingKey(source: "alpha_sync", sourcePortfolio: text(), contractKey: chance() ? symbol() : text())
    }

    mutating func stated() -> AssertionStatedPayload {
        AssertionStatedPayload(
            assertionID: text(), holding: holding(), kind: pick(AssertionKind.allCases), asOf: instant(), value: decimal(signed: true),
            tolerance: optional { $0.decimal() }, statedBy: text(), reason: text())
    }

    mutating func withdrawn() -> AssertionWithdrawnPayload {
        AssertionWithdrawnPayload(assertionID: text(), holding: holding(), withdrawnBy: text(), reason: text())
    }

    mutating func published() -> ReportPublishedPayload {
        var underlyings: [String] = []
        for _ in 0..<number(0...3) { underlyings.append(text()) }
        return ReportPublishedPayload(
            asOf: instant(), manifestDigest: Digest32(sha256Of: Array(text().utf8)), position: Int64(number(0...1 << 40)),
            publishedBy: text(), underlyings: underlyings)
    }

    /// A payload of every type, encoded.
    mutating func all() -> [(type: EventType, payload: [UInt8])] {
        [
            (.alphaExecutionRecorded, recorded().encode()), (.alphaExecutionUpdated, updated().encode()),
            (.alphaExecutionMissing, presence(isMissing: true).encode()),
            (.alphaExecutionReappeared, presence(isMissing: false).encode()),
            (.alphaRowRejected, rejected().encode()), (.alphaSyncCompleted, completed().encode()),
            (.alphaSyncFailed, failed().encode()), (.projectionPromoted, promoted().encode()),
            (.marketObserved, observation(pick(MarketKind.written(in: 2))).encode()),
            (.contextStamped, stamp().encode()), (.executionBenchmarkRecorded, benchmark().encode()),
            (.forwardMarkRecorded, mark().encode()), (.snapshotCaptured, captured().encode()), (.captureFailed, captureFailed().encode()),
            (.assertionStated, stated().encode()), (.assertionWithdrawn, withdrawn().encode()),
            (.reportPublished, published().encode()),
        ]
    }
}
