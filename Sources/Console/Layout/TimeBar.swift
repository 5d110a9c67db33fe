/// The bar that selects the moment: the ledger's knowledge after an event or at an instant, and the valid time up to
/// which it counts.
///
/// It is a form that works without a script. The page's script adds the readings of the sliders.
struct TimeBar {
    let context: PageContext

    private var time: TimeFrame { context.time }

    func write(to html: inout HTMLWriter) {
        let kind = time.isPinned || time.effectiveAt != nil ? "time pinned" : "time"
        html.element("section", [.class(kind), .label("Moment shown")]) { html in
            html.element("div", [.class("moment")]) { html in
                summary(&html)
                links(&html)
            }
            html.element("form", [.method("get"), .action(Address(context.address.path)), .id("time")]) { html in
                for (name, value) in context.address.query where !Self.own.contains(name) {
                    html.void("input", [.type("hidden"), .name(name), .value(value)])
                }
                fields(&html)
                html.element("button", [.type("submit")], text: "Show")
            }
        }
    }

    /// The parameters that the form itself sets, and the cursor, which is meaningless at another moment.
    private static let own: Set<String> = ["as_of_position", "as_of", "effective_at", "cursor"]

    private func summary(_ html: inout HTMLWriter) {
        html.element("p") { html in
            html.element("strong", text: time.isPinned ? "As known then" : "Latest")
            if let shown = time.shown {
                html.text(" ")
                html.element("span", [.class("number")], text: Figures.count(shown.position))
                html.text(" · ")
                html.element("time", [.dateTime(shown.asOf)], text: Figures.instant(shown.asOf))
            } else if let head = time.head, !time.isPinned {
                html.text(" ")
                html.element("span", [.class("number")], text: Figures.count(head))
            }
        }
    }

    private func fields(_ html: inout HTMLWriter) {
        html.element("span", [.class("field")]) { html in
            html.element("label", [.for("as-of-position")], text: "After event")
            var slider: [Attribute] = [
                .type("range"), .id("position-slider"), .label("After event, as a slider"), .minimum("0"),
                .maximum("\(time.head ?? 0)"), .value(time.asOfPosition ?? "\(time.shown?.position ?? time.head ?? 0)"), .hidden,
            ]
            if time.head == nil { slider.append(.disabled) }
            html.void("input", slider)
            html.void(
                "input",
                [
                    .type("text"), .id("as-of-position"), .name("as_of_position"), .inputMode("numeric"), .pattern("[0-9]*"),
                    .value(time.asOfPosition ?? ""), .placeholder(time.head.map { "\($0)" } ?? "latest"), .autocomplete("off"),
                    .class("short"),
                ])
        }
        html.element("span", [.class("field")]) { html in
            html.element("label", [.for("as-of")], text: "At")
            if let first = time.firstRecordedAt, let last = time.headRecordedAt {
                html.void(
                    "input",
                    [
                        .type("range"), .id("time-slider"), .label("At, as a slider"), .minimum("0"), .maximum("1000"),
                        .value("1000"), .data("data-first", first), .data("data-last", last), .hidden,
                    ])
            }
            html.void(
                "input",
                [
                    .type("text"), .id("as-of"), .name("as_of"), .value(time.asOf ?? ""),
                    .placeholder("an instant, UTC"), .autocomplete("off"),
                ])
        }
        html.element("span", [.class("field")]) { html in
            html.element("label", [.for("effective-at"), .title("Only what had happened in the world by then")], text: "Happened by")
            html.void(
                "input",
                [
                    .type("text"), .id("effective-at"), .name("effective_at"), .value(time.effectiveAt ?? ""),
                    .placeholder("any time"), .autocomplete("off"),
                ])
        }
    }

    private func links(_ html: inout HTMLWriter) {
        html.element("ul", [.class("links")]) { html in
            if let shown = time.shown {
                html.element("li") { html in
                    html.element(
                        "a", [.href(context.address.with(time.pin.map { ($0.name, $0.value) } + [("cursor", nil)]))],
                        text: "Pin this moment")
                }
                html.element("li") { html in
                    let address = Address(
                        ["changes"],
                        [
                            ("view", context.view),
                            ("from", "\(shown.position == time.head ? max(0, shown.position - 1) : shown.position)"),
                            ("to", "\(time.head ?? shown.position)"),
                        ])
                    html.element("a", [.href(address)], text: "What changed")
                }
            }
            if time.isPinned || time.effectiveAt != nil {
                html.element("li") { html in
                    html.element(
                        "a",
                        [.href(context.address.with([("as_of_position", nil), ("as_of", nil), ("effective_at", nil), ("cursor", nil)]))],
                        text: "Back to the latest")
                }
            }
        }
    }
}

extension PageContext {
    /// The view that the page is about, for the comparison of two moments.
    var view: String {
        switch address.path.first {
        case "performance": address.path.count > 1 ? address.path[1] : "alignment"
        case "explain", "steps", "changes": address["view"] ?? "trades"
        default: "trades"
        }
    }
}
