import LedgerJSON
import OptionTrades

/// What would be decided on a purchase.
extension BrokerPage {
    func writeWhatIf(_ html: inout HTMLWriter) {
        html.element("section", [.id("what-if"), .class("part"), .labelled(by: "what-if-title")]) { html in
            html.element("h2", [.id("what-if-title")], text: "What if")
            html.element(
                "p", [.class("quiet")],
                text: "What would be decided on a purchase, from the market that was recorded last for the ticker. Nothing is sent.")
            html.element("form", [.class("filters"), .method("get"), .action(Address(["broker"], fragment: "what-if"))]) { html in
                whatIfFields("if_", &html)
                html.element("button", [.type("submit")], text: "Decide on what was recorded")
            }
            if let token = tradeToken {
                html.element("form", [.class("filters"), .method("post"), .action(Address(["broker", "what-if"]))]) { html in
                    html.void("input", [.type("hidden"), .name("form_token"), .value(token)])
                    whatIfFields("", &html)
                    html.element("button", [.type("submit")], text: "Ask the broker now")
                }
            }
            switch whatIf {
            case nil: break
            case .failure(let problem): ProblemBox.write(problem, to: &html)
            case .success(let document): write(answer: document.root, &html)
            }
        }
    }

    private func whatIfFields(_ prefix: String, _ html: inout HTMLWriter) {
        let suffix = prefix.isEmpty ? "-now" : ""
        html.element("span", [.class("field")]) { html in
            html.element("label", [.for("what-ticker\(suffix)")], text: "Ticker")
            html.void(
                "input",
                [
                    .type("text"), .id("what-ticker\(suffix)"), .name("\(prefix)ticker"), .value(context.address["if_ticker"] ?? ""),
                    .placeholder("SPY"), .pattern("[A-Z][A-Z0-9.]{0,9}"), .required, .autocomplete("off"),
                ])
        }
        select("Type", "\(prefix)type", "what-type\(suffix)", InstrumentType.allCases.map(\.rawValue), "if_type", &html)
        select("Strategy", "\(prefix)strategy", "what-strategy\(suffix)", TradeStrategy.allCases.map(\.rawValue), "if_strategy", &html)
        sourceField("\(prefix)source", "what-source\(suffix)", &html)
    }

    private func select(
        _ title: String, _ name: String, _ id: String, _ values: [String], _ chosen: String, _ html: inout HTMLWriter
    ) {
        html.element("span", [.class("field")]) { html in
            html.element("label", [.for(id)], text: title)
            html.element("select", [.id(id), .name(name)]) { html in
                for value in values {
                    html.element("option", [.value(value)] + (context.address[chosen] == value ? [.selected] : []), text: value)
                }
            }
        }
    }

    func sourceField(_ name: String, _ id: String, _ html: inout HTMLWriter) {
        let chosen = context.address["if_source"] ?? source.rawValue
        html.element("span", [.class("field")]) { html in
            html.element("label", [.for(id)], text: "Source")
            html.element("select", [.id(id), .name(name)]) { html in
                for value in BrokerSource.allCases.map(\.rawValue) {
                    html.element("option", [.value(value)] + (value == chosen ? [.selected] : []), text: value)
                }
            }
        }
    }

    private func write(answer: JSONValue, _ html: inout HTMLWriter) {
        guard let decision = answer["decision"] else { return }
        html.element("div", [.class("card"), .id("what-if-answer")]) { html in
            html.element("p") { html in
                html.text(
                    "\(answer["ticker"]?.string ?? "?") \(answer["instrument_type"]?.string ?? ""), \((answer["strategy"]?.string ?? "").replacing("_", with: " ")): "
                )
                Badge.write(decision["verdict"]?.string ?? "?", to: &html)
                let reasons = decision["reasons"]?.elements.compactMap(\.string) ?? []
                if !reasons.isEmpty { html.text(" because of \(reasons.joined(separator: ", "))") }
            }
            html.element("p", [.class("quiet")]) { html in
                let isLive = answer["facts"]?.string == "live"
                html.text(isLive ? "From the broker's answers at " : "From what was recorded at ")
                if let now = answer["now"]?.string { html.time(now) }
                if let intent = answer["intent_id"]?.string { html.text(", for the intent \(intent)") }
                if answer["day_is_recorded"]?.bool == false {
                    html.text("; the orders of that day were not recorded with it and count as none")
                }
                html.text(". Nothing was sent.")
            }
            GateLights.write(decision["gates"], to: &html)
            html.element("dl", [.class("facts tight")]) { html in
                for (title, field, places) in [
                    ("Contract", "option_symbol", Figures.Places?.none), ("Spot", "spot", .price),
                    ("Target strike", "target_strike", .price),
                    ("Bid", "bid", .price), ("Ask", "ask", .price), ("Spread %", "spread_pct", .price), ("Delta", "delta", .price),
                    ("Limit", "limit_price", .price),
                ] {
                    Fact.write(title, to: &html) { html in
                        guard let value = decision[field], !value.isNull else { return Unavailable.write("not known", to: &html) }
                        let text = value.string ?? value.sourceText
                        html.element("span", [.class("figure")], text: places.map { Figures.decimal(text, $0).text } ?? text)
                    }
                }
            }
            Arithmetic.write(answer["arithmetic"], to: &html)
        }
    }
}
