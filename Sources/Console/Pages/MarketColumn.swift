import LedgerJSON

/// Columns of figures of a market, by the names of their members: title, unit, and how many digits a person reads. A figure of which
/// digits are left out has all of them in its title.
enum MarketColumn {
    /// How a figure is shown.
    private struct Form {
        var unit: String?
        var places = Figures.Places(least: 0, most: 4)
        /// Whether the figure is a ratio that is shown in hundredths.
        var isPercent = false

        static let count = Form()
        static let price = Form(unit: "USD", places: .price)
        static let strike = Form(unit: "USD", places: .quantity)
        static let money = Form(unit: "USD", places: .money)
        static let exposure = Form(unit: "USD a 1% move", places: .money)
        static let points = Form(unit: "vol points", places: .score)
        static let share = percent("%")

        static func percent(_ unit: String) -> Form { Form(unit: unit, places: Figures.Places(least: 1, most: 2), isPercent: true) }
        static func rate(_ unit: String) -> Form { Form(unit: unit, places: Figures.Places(least: 2, most: 4), isPercent: true) }
        static func of(_ unit: String) -> Form { Form(unit: unit) }
    }

    private static let forms: [String: Form] = [
        "iv": .points, "forward_iv": .points, "dvol": .points, "vrp": .points, "iv_atm_7d": .points, "iv_atm_30d": .points,
        "rv_7d": .points,
        "rv_30d": .points, "skew_25d": .points, "vol_of_vol": .points, "iv_atm": .points, "atm_iv": .points, "avg_iv": .points,
        "slope": .points,
        "spot": .price, "forward": .price, "strike": .strike, "flip_strike": .strike, "zero_gamma_level": .price, "mark": .price,
        "basis": .price, "anchor_price": .price, "anchored_vwap": .price, "price_bin_low": .price, "price_bin_high": .price,
        "prev_close": .price, "session_open": .price, "prior_high": .price, "prior_low": .price, "rolling_high": .price,
        "rolling_low": .price, "breakeven": .price, "intrinsic": .price, "extrinsic": .price, "expected_move": .price,
        "theta_burn_dollars_day": Form(unit: "USD a day", places: .money), "theta_burn_pct_premium_day": .percent("% of the premium a day"),
        "annualised": .rate("% a year"), "rate": .rate("% an interval"),
        "apr": .rate("% a year"), "distance": .percent("% of the spot"), "share_positive": .share, "probability": .share,
        "oi_coverage": .share, "gamma_coverage": .share, "mean_error": .rate("%"), "mass_error": .rate("%"), "age_minutes": .of("minutes"),
        "dte": .of("days"), "tenor_days": .of("days"), "tenor_target_dte": .of("days"), "days_in_regime": .of("days"),
        "horizon_hours": .of("hours"), "interval_hours": .of("hours"), "missing_hours": .of("hours"),
        // Of a series it is the vendor's inventory, of research an exposure in dollars.
        "gex_hourly.net_gex": .of("contracts"), "gex_hourly.abs_gex": .of("contracts"),
    ]

    /// What the contract's names say by their ends.
    private static let endings: [(String, Form)] = [
        ("_usd", .money), ("_notional", .money), ("_gex", .exposure), ("_pp", .points), ("_pct", .share), ("_share", .share),
    ]

    /// - Parameter list: the list that the field's rows stand in, if the same name means something else in other lists
    private static func form(_ field: String, in list: String? = nil) -> Form {
        list.flatMap { forms["\($0).\(field)"] } ?? forms[field] ?? endings.first { field.hasSuffix($0.0) }?.1 ?? .count
    }

    /// Words that are not written as they stand in a name. Units stand beside the title.
    private static let words = [
        "iv": "IV", "atm": "ATM", "dvol": "DVOL", "rv": "RV", "vrp": "VRP", "oi": "OI", "gex": "GEX", "vwap": "VWAP", "pnl": "P&L",
        "dte": "DTE", "usd": "", "pct": "", "pp": "", "poc": "POC", "hvn": "HVN", "lvn": "LVN", "rs": "RS", "apr": "APR",
        "prev": "previous", "dollars": "", "avg": "average", "corr": "correlation", "utc": "", "ts": "time",
    ]

    static func of(_ field: String) -> Column {
        Column(title(field), unit: unit(field), isNumber: true, field: field) { row, html in
            MarketColumn.write(row[field], field, to: &html)
        }
    }

    /// A column of a list whose figures lead to their explanations.
    ///
    /// - Parameter address: where a row's figure is explained; nil if it is not
    static func of(_ field: String, in list: String? = nil, at address: @escaping (JSONValue) -> Address?) -> Column {
        Column(title(field), unit: form(field, in: list).unit, isNumber: true, field: field) { row, html in
            MarketColumn.write(row[field], field, at: address(row), to: &html)
        }
    }

    static func title(_ field: String) -> String {
        let title = field.split(separator: "_").map { words[String($0)] ?? String($0) }.filter { !$0.isEmpty }.joined(separator: " ")
        return title.prefix(1).uppercased() + title.dropFirst()
    }

    static func unit(_ field: String) -> String? { form(field).unit }

    /// A figure's text, and whether it is all of the figure. What is not 0 is never shown as 0.
    private static func text(of value: JSONValue, _ form: Form) -> (text: String, isExact: Bool) {
        let (text, isRounded) = Figures.decimal(value.sourceText, form.places, inHundredths: form.isPercent)
        if !isRounded || text.contains(where: { ("1"..."9").contains($0) }) { return (text, !isRounded && !form.isPercent) }
        let all = form.isPercent ? Figures.Places(least: form.places.least, most: 8) : .exact
        return (Figures.decimal(value.sourceText, all, inHundredths: form.isPercent).text, false)
    }

    /// A value as a person reads it, with a link to its explanation. Names and times are no figures, and have none.
    static func write(_ value: JSONValue?, _ field: String, at address: Address?, to html: inout HTMLWriter) {
        guard let address else { return write(value, field, to: &html) }
        let link: [Attribute] = [.class("figure"), .href(address)]
        guard let value else { return html.element("a", link) { write(nil, field, to: &$0) } }
        switch value.kind {
        case .number:
            let (text, isExact) = text(of: value, form(field))
            html.element("a", link + (isExact ? [] : [.title("exactly \(value.sourceText)")]), text: text)
        case .string where !states.contains(field): write(value, field, to: &html)
        default: html.element("a", link) { write(value, field, to: &$0) }
        }
    }

    /// Members whose texts are states.
    private static let states: Set<String> = ["status", "state", "regime", "headline", "quality"]

    /// A value as a person reads it; an absent one says that it is not known.
    static func write(_ value: JSONValue?, _ field: String, to html: inout HTMLWriter) {
        guard let value, !value.isNull else { return Unavailable.write("not known", to: &html) }
        switch value.kind {
        case .number:
            let (text, isExact) = text(of: value, form(field))
            html.element("span", [.class("figure")] + (isExact ? [] : [.title("exactly \(value.sourceText)")]), text: text)
        case .string:
            let text = value.string ?? ""
            if ["timestamp", "as_of", "hour", "from", "to"].contains(field) {
                html.time(text)
            } else if states.contains(field) {
                Badge.write(text, to: &html)
            } else {
                html.text(text)
            }
        case .bool: html.text(value.bool == true ? "yes" : "no")
        default: html.text(value.elements.compactMap { $0.string ?? $0.sourceText }.joined(separator: ", "))
        }
    }
}
