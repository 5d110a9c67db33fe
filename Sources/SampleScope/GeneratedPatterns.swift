/// The forms of generated rows. A row's form is its index modulo their number.
///
/// Forms at even places are of portfolio `IMST`, forms at odd places of `ICOI`. Both sides of a contract occur, so
/// positions open and close. Every form is valid under the feed's contract.
enum GeneratedPatterns {
    static let templates = [
        // Every known key except `notes`.
        row(
            imst("C", "CALL", "SELL"),
            #"""
            "tradeStatus":"FILLED","createdAt":"2026-01-03T09:00:00Z","tradeTicketId":"TK-<id>",\#
            "portfolioId":"pf-imst",\#
            "securityId":"sec-<strike>-<day>","underlyingType":"EQUITY",\#
            "instrument":"MSTR 2026-02-<day> <strike>.00 Call",\#
            "filledQuantity":<quantity>,"pendingQuantity":0,"price":10.<cents>,"premiumUsd":<premium>,"feesUsd":65.00,\#
            "tradedIv":0.7150,"spotAtTrade":244.10,"reconStatus":"MATCHED","broker":"HARBOR",\#
            "executionType":"ELECTRONIC","createdBy":"pm.desk","isSynthetic":false
            """#),
        row(
            icoi("C", "CALL", "SELL"),
            #"""
            "tradeStatus":"FILLED","filledQuantity":<quantity>,"price":10.<cents>,"premiumUsd":<premium>,\#
            "feesUsd":65.00,\#
            "tradedIv":0.6400,"spotAtTrade":251.30,"reconStatus":"MATCHED","broker":"NORTHGATE","isSynthetic":false
            """#),
        // No fees, no creation time.
        row(
            imst("C", "CALL", "BUY"),
            #"""
            "tradeStatus":"FILLED","createdAt":null,"filledQuantity":<quantity>,"price":10.<cents>,\#
            "premiumUsd":<premium>,"feesUsd":null,"broker":"LATTICE","isSynthetic":false
            """#),
        // Decimals in strings, with insignificant zeros.
        row(
            icoi("C", "CALL", "BUY"),
            #"""
            "tradeStatus":"FILLED","filledQuantity":"<quantity>.00","price":"10.<cents>00","premiumUsd":<premium>.00,\#
            "feesUsd":"65.00","broker":"CINDER","isSynthetic":false
            """#),
        row(
            imst("P", "PUT", "SELL"),
            #"""
            "tradeStatus":"PARTIALLY_FILLED","filledQuantity":<quantity>,"pendingQuantity":40,"price":10.<cents>,\#
            "premiumUsd":<premium>,"feesUsd":65.00,"reconStatus":"UNMATCHED","broker":"HARBOR","isSynthetic":false
            """#),
        // A premium derivable from price and quantity, under a padded symbol.
        row(
            icoi("P", "PUT", "SELL", root: "COIN  "),
            #"""
            "tradeStatus":"FILLED","filledQuantity":<quantity>,"price":10.<cents>,"premiumUsd":null,"feesUsd":65.00,\#
            "broker":"NORTHGATE","isSynthetic":false
            """#),
        // The minimum content of a fill.
        row(
            imst("P", "PUT", "BUY"),
            #""tradeStatus":"FILLED","filledQuantity":<quantity>,"price":10.<cents>,"premiumUsd":<premium>"#),
        // A key that the contract does not know.
        row(
            icoi("P", "PUT", "BUY"),
            #"""
            "tradeStatus":"FILLED","filledQuantity":<quantity>,"price":10.<cents>,"premiumUsd":<premium>,\#
            "feesUsd":65.00,\#
            "executionType":"ADJUSTMENT","createdBy":"ops.recon","isSynthetic":true,"deskTag":{"book":1<cents>.5}
            """#),
        // Cancelled before anything was filled.
        row(
            imst("C", "CALL", "SELL"),
            #"""
            "tradeStatus":"CANCELLED","filledQuantity":0,"pendingQuantity":0,"price":null,"premiumUsd":null,\#
            "feesUsd":0.00,"notes":"pulled by the desk","isSynthetic":false
            """#),
        // A rebate, empty strings, and text beyond ASCII.
        row(
            icoi("C", "CALL", "BUY"),
            #"""
            "tradeStatus":"FILLED","filledQuantity":<quantity>,"price":10.<cents>,"premiumUsd":<premium>,\#
            "feesUsd":-12.50,\#
            "broker":"","notes":"Crédit \"not held\" \u2014 <day>","isSynthetic":false
            """#),
    ]

    private static func row(_ contract: String, _ rest: String) -> RowTemplate {
        RowTemplate(
            #"{"tradeId":"GEN-<id>","updatedAt":"<updated>","tradeDate":"<traded>",\#(contract),"#
                + #""priceCurrency":"USD","contractMultiplier":100,"quantityUnit":"CONTRACTS",\#(rest)}"#)
    }

    private static func imst(_ letter: String, _ type: String, _ side: String) -> String {
        contract("IMST", "MSTR", "MSTR", letter, type, side)
    }

    private static func icoi(_ letter: String, _ type: String, _ side: String, root: String = "COIN") -> String {
        contract("ICOI", "COIN", root, letter, type, side)
    }

    private static func contract(
        _ portfolio: String, _ underlying: String, _ root: String, _ letter: String, _ type: String, _ side: String
    ) -> String {
        #""portfolioName":"\#(portfolio)","underlyingSymbol":"\#(underlying)","side":"\#(side)","#
            + #""optionSymbol":"\#(root)2602<day>\#(letter)00<strike>000","optionType":"\#(type)","#
            + #""strike":<strike>.00,"expiry":"2026-02-<day>""#
    }
}
