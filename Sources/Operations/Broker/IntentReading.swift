package import LedgerJSON
package import LedgerValues
package import OptionTrades

/// Reads intents from JSON: each error names the field and what was expected.
package struct IntentReading: Sendable {
    /// The source of an intent that names none.
    let source: BrokerSource
    let rules: DispatchRules
    let now: Instant

    package static let keys = [
        "intent_id", "source", "ticker", "instrument_type", "action", "strategy", "option_symbol", "quantity", "signal", "expires_at",
    ]
    private static let longestSignal = 4096

    package init(source: BrokerSource, rules: DispatchRules, now: Instant) { (self.source, self.rules, self.now) = (source, rules, now) }

    /// The intent, and whether it names its expiry.
    package func intent(_ root: JSONValue) throws(BrokerError) -> (intent: TradeIntent, namesExpiry: Bool) {
        guard root.kind == .object else { throw .badField(name: "intent", expected: "a JSON object") }
        for member in root.members where !Self.keys.contains(where: { $0.isBytewiseEqual(to: member.key) }) {
            throw .badField(name: member.key, expected: "no such field; fields are \(Self.keys.joined(separator: ", "))")
        }
        var intent = TradeIntent()
        intent.intentID = try text(root, "intent_id", "1 to 64 of A–Z a–z 0–9 . _ -") { id in
            1...64 ~= id.utf8.count && id.utf8.allSatisfy(Self.isOfID)
        }
        intent.source = try choice(root, "source", BrokerSource.self, standard: source).rawValue
        intent.ticker = try text(root, "ticker", "a capital letter and up to nine of A–Z 0–9 .", MarketSymbol.isTicker)
        intent.instrument = try choice(root, "instrument_type", InstrumentType.self)
        intent.action = try choice(root, "action", IntentAction.self)
        intent.strategy = try choice(root, "strategy", TradeStrategy.self)
        intent.optionSymbol = try optionSymbol(root, intent)
        intent.quantity = try quantity(root, intent)
        intent.signal = try signal(root)
        let expiry = root["expires_at"].flatMap { $0.isNull ? nil : $0 }
        intent.expiresAt = try expiresAt(expiry)
        return (intent, expiry != nil)
    }

    private static func isOfID(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    private func text(
        _ root: JSONValue, _ name: String, _ expected: String, _ isRight: (String) -> Bool
    ) throws(BrokerError) -> String {
        guard let text = root[name]?.string, isRight(text) else { throw .badField(name: name, expected: expected) }
        return text
    }

    private func choice<Value: CaseIterable & RawRepresentable<String>>(
        _ root: JSONValue, _ name: String, _ type: Value.Type, standard: Value? = nil
    ) throws(BrokerError) -> Value {
        if let standard, root[name]?.isNull ?? true { return standard }
        guard let value = root[name]?.string.flatMap({ Value(rawValue: $0) }) else {
            throw .badField(name: name, expected: type.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return value
    }

    private func optionSymbol(_ root: JSONValue, _ intent: TradeIntent) throws(BrokerError) -> String? {
        guard let value = root["option_symbol"], !value.isNull else { return nil }
        guard intent.action == .sell, let type = intent.instrument.optionType else {
            throw .badField(name: "option_symbol", expected: "none: only a SELL of an option names its contract")
        }
        guard let symbol = value.string.flatMap({ OptionSymbol($0) }), symbol.optionType == type else {
            throw .badField(name: "option_symbol", expected: "the OCC symbol of a \(type.rawValue), for example SPY260130C00609000")
        }
        return symbol.description
    }

    private func quantity(_ root: JSONValue, _ intent: TradeIntent) throws(BrokerError) -> Int64? {
        guard let value = root["quantity"], !value.isNull else { return nil }
        guard intent.instrument == .stock || intent.action == .sell else {
            throw .badField(name: "quantity", expected: "none: the rules size a BUY of an option")
        }
        guard let quantity = value.integer, 1...1_000_000 ~= quantity else {
            throw .badField(name: "quantity", expected: "a whole number from 1 to 1000000")
        }
        return quantity
    }

    private func signal(_ root: JSONValue) throws(BrokerError) -> String? {
        guard let value = root["signal"], !value.isNull else { return nil }
        let text = value.sourceText
        guard value.kind == .object, text.utf8.count <= Self.longestSignal else {
            throw .badField(name: "signal", expected: "a JSON object of at most 4 KiB")
        }
        return text
    }

    private func expiresAt(_ value: JSONValue?) throws(BrokerError) -> Instant {
        guard let value else {
            guard let close = rules.sessions.nextClose(after: now) else {
                throw .badField(name: "expires_at", expected: "an instant: the calendar does not know the next session")
            }
            return close
        }
        guard let instant = value.string.flatMap({ Instant($0) }), instant > now else {
            throw .badField(name: "expires_at", expected: "an instant after now, \(now)")
        }
        return instant
    }
}
