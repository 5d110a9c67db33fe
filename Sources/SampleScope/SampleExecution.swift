import LedgerJSON
import LedgerValues

/// One execution of the sample. Amounts are whole numbers of the unit in their name.
struct SampleExecution {
    enum Side: String {
        case buy = "BUY"
        case sell = "SELL"
    }

    /// The form of the OCC symbol.
    enum SymbolForm {
        /// `MSTR260130C00350000`
        case compact
        /// The root left-justified in six characters, 21 characters in all.
        case padded
        /// With the root after a corporate action: `MSTR1260130C00350000`.
        case adjustedRoot
    }

    var tradeID = ""
    var ticketID = ""
    var portfolio: String?
    var underlying: String
    var expiry: CalendarDate
    var isCall: Bool
    var strikeCents: Int
    var symbolForm = SymbolForm.compact
    var side: Side?
    var status = "FILLED"
    /// Nil before anything is filled.
    var quantity: Int?
    var pendingQuantity = 0
    /// Per unit of the share, in 10⁻⁴ USD. Nil before anything is filled.
    var priceTenThousandths: Int?
    /// In 10⁻⁴ USD. Nil if the source omits it.
    var premiumTenThousandths: Int?
    var feesCents: Int?
    var volatilityMilli: Int
    var spotCents: Int
    var tradedAt: Instant
    var createdAt: Instant
    var updatedAt: Instant
    var reconStatus = "MATCHED"
    var broker: String?
    var executionType = "ELECTRONIC"
    var createdBy = "pm.desk"
    var notes: String?
    var isSynthetic = false
    /// A key that the contract does not know.
    var deskTag: String?
    /// Whether amounts of money are written as JSON strings.
    var quotesDecimals = false
    /// Whether this is part of an order filled at one price. Settling the totals leaves such parts alone.
    var isSplitFill = false

    /// Price × quantity × 100, in 10⁻⁴ USD. Nil without price or quantity.
    var derivedPremium: Int? {
        guard let quantity, let priceTenThousandths else { return nil }
        return quantity * priceTenThousandths * 100
    }

    /// The OCC symbol in the form of ``symbolForm``.
    var optionSymbol: String {
        let root: String
        switch symbolForm {
        case .compact: root = underlying
        case .padded: root = underlying + String(repeating: " ", count: 6 - underlying.utf8.count)
        case .adjustedRoot: root = underlying + "1"
        }
        let date = expiry.components
        let expiryDigits = digits(date.year % 100, 2) + digits(date.month, 2) + digits(date.day, 2)
        return root + expiryDigits + (isCall ? "C" : "P") + digits(strikeCents * 10, 8)
    }

    /// The row in the feed's form.
    var text: String {
        var writer = JSONWriter(reservingCapacity: 1024, keyOrder: .given)
        writer.beginObject()
        writeIdentity(to: &writer)
        writeContract(to: &writer)
        writeFill(to: &writer)
        writeContext(to: &writer)
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private func writeIdentity(to writer: inout JSONWriter) {
        writer.key("tradeId")
        writer.string(tradeID)
        writer.key("updatedAt")
        writer.instant(updatedAt)
        writer.key("tradeDate")
        writer.instant(tradedAt)
        writer.key("createdAt")
        writer.instant(createdAt)
        writer.key("tradeStatus")
        writer.string(status)
        writer.key("tradeTicketId")
        writer.string(ticketID)
        writer.key("portfolioId")
        writer.string(portfolio.map { "pf-\($0.lowercased())" })
        writer.key("portfolioName")
        writer.string(portfolio)
    }

    private func writeContract(to writer: inout JSONWriter) {
        writer.key("securityId")
        writer.string("sec-\(underlying.lowercased())-\(expiry)-\(isCall ? "c" : "p")\(strikeCents / 10)")
        writer.key("underlyingSymbol")
        writer.string(underlying)
        writer.key("underlyingType")
        writer.string("EQUITY")
        writer.key("optionSymbol")
        writer.string(optionSymbol)
        writer.key("instrument")
        writer.string("\(underlying) \(expiry) \(scaled(strikeCents, digits: 2)) \(isCall ? "Call" : "Put")")
        writer.key("side")
        writer.string(side?.rawValue)
        writer.key("optionType")
        writer.string(isCall ? "CALL" : "PUT")
        writer.key("strike")
        write(strikeCents, digits: 2, to: &writer)
        writer.key("expiry")
        writer.date(expiry)
    }

    private func writeFill(to writer: inout JSONWriter) {
        writer.key("filledQuantity")
        writer.integer(quantity)
        writer.key("pendingQuantity")
        writer.integer(pendingQuantity)
        writer.key("price")
        if let price = priceTenThousandths, price % 100 == 0 {
            write(price / 100, digits: 2, to: &writer)
        } else {
            write(priceTenThousandths, digits: 4, to: &writer)
        }
        writer.key("priceCurrency")
        writer.string("USD")
        writer.key("contractMultiplier")
        writer.integer(100)
        writer.key("quantityUnit")
        writer.string("CONTRACTS")
        writer.key("premiumUsd")
        write(premiumTenThousandths.map { $0 / 100 }, digits: 2, to: &writer)
        writer.key("feesUsd")
        write(feesCents, digits: 2, to: &writer)
    }

    private func writeContext(to writer: inout JSONWriter) {
        writer.key("tradedIv")
        write(volatilityMilli * 10, digits: 4, to: &writer)
        writer.key("spotAtTrade")
        write(spotCents, digits: 2, to: &writer)
        writer.key("reconStatus")
        writer.string(reconStatus)
        writer.key("broker")
        writer.string(broker)
        writer.key("executionType")
        writer.string(executionType)
        writer.key("createdBy")
        writer.string(createdBy)
        writer.key("notes")
        writer.string(notes)
        writer.key("isSynthetic")
        writer.bool(isSynthetic)
        if let deskTag {
            writer.key("deskTag")
            writer.string(deskTag)
        }
    }

    /// Writes `amount` × 10⁻ᵈⁱᵍⁱᵗˢ with all its digits, including trailing zeros.
    private func write(_ amount: Int?, digits: Int, to writer: inout JSONWriter) {
        guard let amount else { return writer.null() }
        let text = scaled(amount, digits: digits)
        if quotesDecimals { writer.string(text) } else { writer.raw(Array(text.utf8)) }
    }
}

/// A number ≥ 0, padded with leading zeros to a width.
func digits(_ number: Int, _ width: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
}

/// `amount` × 10⁻ᵈⁱᵍⁱᵗˢ with exactly that many fractional digits.
private func scaled(_ amount: Int, digits width: Int) -> String {
    var unit = 1
    for _ in 0..<width { unit *= 10 }
    let (whole, fraction) = amount.magnitude.quotientAndRemainder(dividingBy: UInt(unit))
    return "\(amount < 0 ? "-" : "")\(whole).\(digits(Int(fraction), width))"
}
