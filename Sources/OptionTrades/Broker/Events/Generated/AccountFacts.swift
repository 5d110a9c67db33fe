// Made by `swift run payload-generator` from schema/events/AccountConsulted.v1.json. Change the schema, not this file.
package import LedgerEvents
package import LedgerValues

/// An account, without its number.
package struct AccountFacts: CodedFields {
    /// `account_blocked`
    package var accountBlocked: Bool?
    /// `account_digest`: SHA-256 of the account's id.
    package var accountDigest = Digest32([UInt8](repeating: 0, count: 32))
    /// `account_last_four`: The last four characters of the account's number.
    package var lastFour: String = ""
    /// `buying_power`
    package var buyingPower: FixedDecimal?
    /// `currency`
    package var currency: String?
    /// `equity`
    package var equity: FixedDecimal?
    /// `options_buying_power`
    package var optionsBuyingPower: FixedDecimal?
    /// `options_level`: 0 to 3; null if the broker gave none.
    package var optionsLevel: Int64?
    /// `status`
    package var status: String = ""
    /// `trade_suspended_by_user`
    package var tradeSuspendedByUser: Bool?
    /// `trading_blocked`
    package var tradingBlocked: Bool?

    package init() {}

    package mutating func code(_ fields: inout FieldCoder) throws(PayloadError) {
        try fields.truth("account_blocked", &accountBlocked)
        try fields.digest("account_digest", &accountDigest)
        try fields.text("account_last_four", &lastFour)
        try fields.decimal("buying_power", &buyingPower)
        try fields.text("currency", &currency)
        try fields.decimal("equity", &equity)
        try fields.decimal("options_buying_power", &optionsBuyingPower)
        try fields.integer("options_level", &optionsLevel)
        try fields.text("status", &status)
        try fields.truth("trade_suspended_by_user", &tradeSuspendedByUser)
        try fields.truth("trading_blocked", &tradingBlocked)
    }
}

extension AccountFacts: Equatable {
    /// Two values are equal if all their fields are equal. Texts compare by their UTF-8 bytes.
    package static func == (left: AccountFacts, right: AccountFacts) -> Bool {
        guard left.accountBlocked == right.accountBlocked,
            left.accountDigest == right.accountDigest,
            left.buyingPower == right.buyingPower,
            left.equity == right.equity,
            left.optionsBuyingPower == right.optionsBuyingPower,
            left.optionsLevel == right.optionsLevel,
            left.tradeSuspendedByUser == right.tradeSuspendedByUser,
            left.tradingBlocked == right.tradingBlocked,
            left.lastFour.isBytewiseEqual(to: right.lastFour),
            left.currency.isBytewiseEqual(to: right.currency),
            left.status.isBytewiseEqual(to: right.status)
        else { return false }
        return true
    }
}
