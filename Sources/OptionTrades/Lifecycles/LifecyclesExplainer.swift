import LedgerEvents
import LedgerExplanations
import LedgerJSON
import LedgerProjections
import LedgerRules
import LedgerValues

/// Explains rows of `lifecycles` from the group's executions: the lots that each consumed, and every sum over them.
struct LifecyclesExplainer: ViewExplainer {
    let rules: LifecyclesRules

    static func needs(_ row: RowMembers) -> ExplanationNeeds { .positions(row.eventPositions) }

    func explain(_ field: String, _ sheet: inout Worksheet) throws(ExplanationError) {
        let view = LifecyclesProjection.name
        var members: [ExplainedExecution] = []
        for position in RowMembers(root: sheet.row.published.root).eventPositions {
            guard let execution = sheet.row.event(at: position).flatMap({ ExplainedExecution($0) }) else {
                throw .missingEvent(view: view, position: position, expected: "execution")
            }
            // A row names only executions.
            guard execution.row.isExecution(rules.trades) else {
                throw .missingEvent(view: view, position: position, expected: "counted execution")
            }
            members.append(execution)
        }
        let matching = ExplainedMatching(members)
        guard let first = matching.members.first, let last = matching.members.last else {
            throw .missingEvent(view: view, position: nil, expected: "execution")
        }
        switch field {
        case "event_positions": sheet.positions(members.map(\.event.record.position))
        case "source", "source_portfolio", "underlying_symbol", "option_type", "strike", "expiry":
            sheet.copy(field, of: first)
        case "contract_key":
            sheet.inputs(first, "option_symbol", "instrument")
            sheet.step("option_symbol, else instrument", field, Shown(first.row.contractKey))
        case "position_id": positionID(first, &sheet)
        case "opened_at":
            sheet.inputs(first, "trade_date", prefix: first.row.sourceTradeID)
            sheet.step("the first trade date", field, Shown(first.row.tradeDate))
        case "last_execution_at":
            sheet.inputs(last, "trade_date", prefix: last.row.sourceTradeID)
            sheet.step("the last trade date", field, Shown(last.row.tradeDate))
        case "closed_at": closedAt(last, matching, &sheet)
        case "realized_pnl_authority":
            sheet.rule(rules.file, field)
            sheet.step("who answers for realized figures", field, Shown(rules.realizedPnLAuthority))
        case "trade_ids", "source_trade_ids":
            for member in matching.members {
                sheet.inputs(member, "trade_date", "source_created_at", prefix: member.row.sourceTradeID)
            }
            sheet.step(
                "by trade_date, source_created_at (null last), source_trade_id", field,
                Shown(matching.members.map(\.row.sourceTradeID)))
        case "lifecycle_state", "lifecycle_flags", "lifecycle_quality", "missing_fields":
            judgement(field, matching, &sheet)
        default: figure(field, matching, &sheet)
        }
    }

    private func figure(_ field: String, _ matching: ExplainedMatching, _ sheet: inout Worksheet) {
        switch field {
        case "total_buy_quantity": total(.buy, field, matching, &sheet)
        case "total_sell_quantity": total(.sell, field, matching, &sheet)
        case "net_quantity":
            total(.buy, "total_buy_quantity", matching, &sheet)
            total(.sell, "total_sell_quantity", matching, &sheet)
            sheet.step(
                "bought less sold", "\(matching.total(.buy)) − \(matching.total(.sell))", Shown(matching.netQuantity))
        case "closed_quantity":
            sheet.turns(of: matching)
            sheet.step(
                "contracts matched, each pair counted once",
                matching.matches.map { "\($0.quantity)" }.joined(separator: " + "), Shown(matching.closedQuantity))
        case "cycle_count":
            sheet.turns(of: matching)
            sheet.step("how often the net quantity left zero, a flip included", field, Shown(Int64(matching.cycleCount)))
        case "matches": matches(matching, &sheet)
        case "open_lots": openLots(matching, &sheet)
        case "unmatched_trade_ids":
            sheet.turns(of: matching)
            sheet.step(
                "executions without a direction or a quantity", field, Shown(matching.unmatched.map(\.row.sourceTradeID)))
        case "realized_pnl_before_fees_usd": realized(matching, &sheet)
        case "average_open_price", "open_premium_usd": openFigure(field, matching, &sheet)
        default: coveredSum(field, matching, &sheet)
        }
    }

    // MARK: - Identity and times

    private func positionID(_ first: ExplainedExecution, _ sheet: inout Worksheet) {
        sheet.inputs(
            first, "source", "source_portfolio", "underlying_symbol", "option_symbol", "instrument", "option_type",
            "strike", "expiry")
        let row = first.row
        var out = JSONWriter()
        out.beginArray()
        for text in [row.source, row.sourcePortfolio, row.underlyingSymbol, row.contractKey, row.optionType?.rawValue] {
            out.string(text)
        }
        out.decimalString(row.strike)
        out.date(row.expiry)
        out.endArray()
        let text = String(decoding: out.bytes, as: UTF8.self)
        sheet.step("the seven key fields as canonical JSON", "source … expiry", Shown(text))
        sheet.step(
            "pos_ and the first 32 digits of its SHA-256", "SHA-256",
            Shown("pos_\(Digest32(sha256Of: out.bytes).firstHalf)"))
    }

    private func closedAt(_ last: ExplainedExecution, _ matching: ExplainedMatching, _ sheet: inout Worksheet) {
        let isClosed = !matching.turns.isEmpty && matching.netQuantity.isZero
        sheet.step("net quantity", "\(matching.total(.buy)) − \(matching.total(.sell))", Shown(matching.netQuantity))
        guard isClosed else {
            return sheet.null("closed_at", because: matching.turns.isEmpty ? "no execution can be matched" : "contracts are open")
        }
        sheet.inputs(last, "trade_date", prefix: last.row.sourceTradeID)
        sheet.step("the last trade date", "closed_at", Shown(last.row.tradeDate))
    }

    // MARK: - Quantities and lots

    private func total(
        _ side: Direction, _ field: String, _ matching: ExplainedMatching, _ sheet: inout Worksheet
    ) {
        let turns = matching.turns.filter { $0.execution.row.direction == side }
        for turn in turns {
            sheet.inputs(turn.execution, "direction", "quantity", prefix: turn.execution.row.sourceTradeID)
        }
        sheet.step(
            field, turns.compactMap { $0.execution.row.quantity?.description }.joined(separator: " + "),
            Shown(matching.total(side)))
    }

    private func matches(_ matching: ExplainedMatching, _ sheet: inout Worksheet) {
        sheet.turns(of: matching)
        var list: [JSONNode] = []
        for match in matching.matches {
            let profit = profit(match, &sheet)
            list.append(
                .object([
                    ("close_price", match.close.row.price.map(JSONNode.decimal) ?? .null),
                    ("close_trade_id", .string(match.close.row.sourceTradeID)),
                    ("open_price", match.open.row.price.map(JSONNode.decimal) ?? .null),
                    ("open_side", .string(match.open.row.direction?.rawValue ?? "")),
                    ("open_trade_id", .string(match.open.row.sourceTradeID)),
                    ("pnl_before_fees_usd", profit?.rounded().map(JSONNode.decimal) ?? .null),
                    ("quantity", .decimal(match.quantity)),
                ]))
        }
        sheet.step("in the order in which they came about", "matches", Shown(.array(list)))
    }

    private func openLots(_ matching: ExplainedMatching, _ sheet: inout Worksheet) {
        sheet.turns(of: matching)
        let list: [JSONNode] = matching.lots.map { lot in
            let row = lot.execution.row
            sheet.inputs(lot.execution, "price", "contract_multiplier", prefix: row.sourceTradeID)
            return .object([
                ("contract_multiplier", row.contractMultiplier.map(JSONNode.decimal) ?? .null),
                ("opened_at", .string(row.tradeDate.description)),
                ("price", row.price.map(JSONNode.decimal) ?? .null),
                ("remaining_quantity", .decimal(lot.remaining)),
                ("side", .string(row.direction?.rawValue ?? "")),
                ("trade_id", .string(row.sourceTradeID)),
            ])
        }
        sheet.step("what nothing has closed, oldest first", "open_lots", Shown(.array(list)))
    }

    // MARK: - State and quality

    private func judgement(_ field: String, _ matching: ExplainedMatching, _ sheet: inout Worksheet) {
        guard let first = matching.members.first,
            let lifecycle = Lifecycle(
                of: LifecycleGroup(
                    key: LifecycleKey(of: first.row),
                    members: matching.members.map { LifecycleMember(of: $0.row, position: $0.event.record.position) }),
                rules: rules)
        else { return }
        for member in matching.members {
            sheet.inputs(
                member, "direction", "quantity", "price", "contract_multiplier", "price_currency", "premium_usd",
                "fees_usd", "quantity_unit", "is_synthetic", prefix: member.row.sourceTradeID)
        }
        let net = matching.netQuantity
        switch field {
        case "lifecycle_state":
            sheet.step("net quantity", "\(matching.total(.buy)) − \(matching.total(.sell))", Shown(net))
            let state: Lifecycle.State =
                matching.turns.isEmpty ? .indeterminate : net.isZero ? .closed : net.isNegative ? .openShort : .openLong
            sheet.step(
                "0 closed, above open_long, below open_short; indeterminate where nothing matches", field,
                Shown(state.rawValue))
        case "lifecycle_flags":
            var flags = lifecycle.flags.map(\.rawValue)
            if isExpired(first, net, &sheet) { flags.append(LifecycleFlag.expiredUnresolved.rawValue) }
            sheet.step("all flags, sorted bytewise", field, Shown(flags.sorted { $0.isBytewiseLess(than: $1) }))
        case "lifecycle_quality":
            for (index, quality) in rules.qualitiesByFlag.enumerated() {
                sheet.rule(rules.file, path: ["quality", "by_flag", "\(index)"])
                let raised = quality.flags.intersection(lifecycle.flags).map(\.rawValue)
                    .sorted { $0.isBytewiseLess(than: $1) }
                sheet.step(
                    quality.quality, raised.isEmpty ? "none of its flags" : raised.joined(separator: ", "),
                    Shown(!raised.isEmpty))
            }
            sheet.rule(rules.file, "quality", net.isZero ? "closed" : "open")
            sheet.step(
                "the first that holds, else open or closed", field,
                Shown(rules.quality(flags: lifecycle.flags, isOpen: !net.isZero)))
        default:
            sheet.step("the key's and the members' fields that are null", field, Shown(lifecycle.missingFields))
        }
    }

    /// Whether the lifecycle is open after its expiry, by the reader's current date in New York.
    private func isExpired(_ first: ExplainedExecution, _ net: FixedDecimal, _ sheet: inout Worksheet) -> Bool {
        guard !net.isZero, let expiry = first.row.expiry, let today = rules.newYork.date(at: sheet.row.now) else {
            return false
        }
        sheet.inputs(first, "expiry")
        sheet.input("now", Shown(sheet.row.now), nil)
        sheet.rule(rules.newYork.file, "years", "\(today.year)")
        sheet.step("open after its expiry, by New York's date", "\(expiry) < \(today)", Shown(expiry < today))
        return expiry < today
    }
}
