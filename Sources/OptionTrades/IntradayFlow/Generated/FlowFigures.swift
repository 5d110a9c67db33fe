// Made by `swift run payload-generator` from schema/events/IntradayFlowSummarized.v1.json. Change the schema, not this file.
package import LedgerEvents
package import LedgerValues

/// What trades of a contract add up to, by the side that began them.
package struct FlowFigures: CodedFields {
    /// `buy_volume`: Contracts that were bought.
    package var buyVolume: FixedDecimal = .zero
    /// `sell_volume`: Contracts that were sold.
    package var sellVolume: FixedDecimal = .zero
    /// `unknown_volume`: Contracts of trades whose side no quote tells.
    package var unknownVolume: FixedDecimal = .zero
    /// `buy_notional`: Price x size x multiplier.
    package var buyNotional: FixedDecimal = .zero
    /// `sell_notional`
    package var sellNotional: FixedDecimal = .zero
    /// `net_notional`: Bought less sold.
    package var netNotional: FixedDecimal = .zero
    /// `trade_count`
    package var tradeCount: Int64 = 0
    /// `unknown_trade_count`
    package var unknownTradeCount: Int64 = 0
    /// `unknown_trade_share`
    package var unknownTradeShare: FixedDecimal?

    package init() {}

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.decimal("buy_notional", &buyNotional)
        try fields.decimal("buy_volume", &buyVolume)
        try fields.decimal("net_notional", &netNotional)
        try fields.decimal("sell_notional", &sellNotional)
        try fields.decimal("sell_volume", &sellVolume)
        try fields.integer("trade_count", &tradeCount)
        try fields.integer("unknown_trade_count", &unknownTradeCount)
        try fields.decimal("unknown_trade_share", &unknownTradeShare)
        try fields.decimal("unknown_volume", &unknownVolume)
    }
}

extension FlowFigures: Equatable {
    /// Two values are equal if all their fields are equal. Texts compare by their UTF-8 bytes.
    package static func == (left: FlowFigures, right: FlowFigures) -> Bool {
        guard left.buyVolume == right.buyVolume,
            left.sellVolume == right.sellVolume,
            left.unknownVolume == right.unknownVolume,
            left.buyNotional == right.buyNotional,
            left.sellNotional == right.sellNotional,
            left.netNotional == right.netNotional,
            left.tradeCount == right.tradeCount,
            left.unknownTradeCount == right.unknownTradeCount,
            left.unknownTradeShare == right.unknownTradeShare
        else { return false }
        return true
    }
}
