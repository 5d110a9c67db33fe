import LedgerJSON
import LedgerValues

/// The bar of the shown moment: its answers to three questions in words, a play head over the log's time, and a form
/// that asks them anew.
///
/// The three questions are what the ledger knew, what had happened in the world, and under which rules. The form works
/// without a script. The page's script adds the play head, which sets the form's fields.
struct TimeBar {
    let context: PageContext
    /// The prefix of the elements' ids, for a page with several bars.
    var prefix = ""

    private var time: TimeFrame { context.time }

    func write(to html: inout HTMLWriter) {
        html.element("section", [.class(time.isPast ? "time past" : "time"), .label("Moment shown")]) { html in
            html.element("details", [.class("moment"), .id("\(prefix)moment")]) { html in
                html.element("summary") { html in
                    html.element("span", [.class("answer")]) { answer(&$0) }
                    html.text(" ")
                    html.element("span", [.class("change")], text: "Change")
                }
                html.element("div", [.class("panel")]) { html in
                    form(&html)
                    recent(&html)
                }
            }
            PlayHead(context: context, prefix: prefix).write(to: &html)
            links(&html)
        }
    }

    // MARK: The answers

    private func answer(_ html: inout HTMLWriter) {
        if time.isPinned { known(&html) } else { latest(&html) }
        if let effectiveAt = time.effectiveAt {
            html.text(", what had happened by ")
            html.time(effectiveAt, inSentence: true)
        }
        switch time.rules {
        case nil: break
        case "as_served": html.text(", under the rules served then")
        case let rules?: html.text(", under rules \(rules)")
        }
    }

    private func latest(_ html: inout HTMLWriter) {
        html.element("strong", text: "Latest")
        guard let position = time.shown?.position ?? time.head else { return }
        html.text(", event \(Figures.count(position))")
        guard let instant = time.headRecordedAt, position == time.head else { return }
        html.text(" ")
        html.element("span", [.class("quiet")]) { $0.time(instant, inSentence: true) }
    }

    private func known(_ html: inout HTMLWriter) {
        html.element("strong", text: "What we knew")
        let event = (time.shown.map { Figures.count($0.position) } ?? time.asOfPosition).map { "event \($0)" }
        if let asOf = time.asOf {
            html.text(" on ")
            html.time(asOf, inSentence: true)
            if let event { html.text(" (\(event))") }
        } else if let event {
            html.text(" after \(event)")
            // The moment of a read is the valid time, where it is the earlier of the two.
            guard let shown = time.shown, time.effectiveAt == nil else { return }
            html.text(", ")
            html.time(shown.asOf, inSentence: true)
        }
    }

    // MARK: The questions

    private func form(_ html: inout HTMLWriter) {
        html.element("form", [.method("get"), .action(Address(["moment"])), .id("\(prefix)time")]) { html in
            html.void("input", [.type("hidden"), .name("page"), .value(context.timelessAddress.text)])
            // What was asked before: a picker shows seconds, and what it shows unchanged stays exact.
            for (name, value) in [("was_after", time.asOfPosition), ("was_known", time.asOf), ("was_happened", time.effectiveAt)] {
                html.void("input", [.type("hidden"), .name(name), .value(value ?? "")])
            }
            question("What we knew", &html) { html in
                picker("known", "at", time.asOf, &html)
                field("after", "or after event", &html) { id, html in
                    html.void(
                        "input",
                        [
                            .type("text"), .id(id), .name("after"), .inputMode("numeric"), .pattern("[0-9]*"),
                            .value(time.asOfPosition ?? ""), .placeholder(time.head.map { "\($0)" } ?? "latest"), .autocomplete("off"),
                            .class("short"),
                        ])
                }
            }
            question("What had happened", &html) { picker("happened", "by", time.effectiveAt, &$0) }
            rules(&html)
            html.element("button", [.type("submit"), .class("strong")], text: "Show")
        }
    }

    private func question(_ title: String, _ html: inout HTMLWriter, _ fields: (inout HTMLWriter) -> Void) {
        html.element("fieldset") { html in
            html.element("legend", text: title)
            fields(&html)
        }
    }

    private func field(
        _ name: String, _ label: String, _ html: inout HTMLWriter, _ input: (_ id: String, inout HTMLWriter) -> Void
    ) {
        let id = "\(prefix)time-\(name)"
        html.element("span", [.class("field")]) { html in
            html.element("label", [.for(id)], text: label)
            input(id, &html)
        }
    }

    private func picker(_ name: String, _ label: String, _ value: String?, _ html: inout HTMLWriter) {
        field(name, "\(label), \(context.clock.title)", &html) { id, html in
            html.void(
                "input",
                [
                    .type("datetime-local"), .step("1"), .id(id), .name(name),
                    .value(value.flatMap { context.clock.picked($0) } ?? ""),
                ])
        }
    }

    private func rules(_ html: inout HTMLWriter) {
        var versions: [String]
        switch time.choice {
        case .none: return
        case .served: versions = []
        case .versions(let known): versions = known
        }
        let asked = time.rules ?? ""
        if !["", "as_served"].contains(asked), !versions.contains(where: { $0.isBytewiseEqual(to: asked) }) { versions.append(asked) }
        let options = [("", "served now"), ("as_served", "served at that moment")] + versions.map { ($0, $0) }
        question("Under which rules", &html) { html in
            field("rules", "rules", &html) { id, html in
                html.element("select", [.id(id), .name("rules")]) { html in
                    for (value, title) in options {
                        html.element(
                            "option", [.value(value)] + (value.isBytewiseEqual(to: asked) ? [.selected] : []), text: title)
                    }
                }
            }
        }
    }

    /// The number of ticks that the form lists.
    private static let recentTicks = 6

    private func recent(_ html: inout HTMLWriter) {
        if time.ticks.isEmpty { return }
        html.element("div", [.class("recent")]) { html in
            html.element("p", [.class("quiet")], text: "Right after what happened last")
            Timeline(label: "What happened last").write(
                time.ticks.prefix(Self.recentTicks).map { tick in
                    Timeline.Entry(
                        kind: tick.kind, instant: tick.recordedAt, headline: tick.text, address: context.address(after: tick.position),
                        isCurrent: time.isPinned && tick.position == time.shown?.position)
                }, to: &html)
        }
    }

    // MARK: Links

    private func links(_ html: inout HTMLWriter) {
        html.element("ul", [.class("links")]) { html in
            func link(_ title: String, _ address: Address) { html.element("li") { $0.element("a", [.href(address)], text: title) } }
            if time.isPinned || time.effectiveAt != nil || time.rules != nil {
                link("Back to the latest", context.timelessAddress)
            }
            if let shown = time.shown {
                link("Pin this moment", context.address.with(time.pin.map { ($0.name, $0.value) } + [("cursor", nil)]))
                let from = shown.position == time.head ? max(0, shown.position - 1) : shown.position
                link("What changed", changes(from: time.asOfPosition == nil ? time.asOf ?? "\(from)" : "\(from)"))
            }
            if let seen = time.seen, let head = time.head, seen < head {
                let events = head - seen == 1 ? "1 event" : "\(Figures.count(head - seen)) events"
                link("Since your last visit: \(events)", changes(from: "\(seen)"))
            }
        }
    }

    private func changes(from moment: String) -> Address {
        Address(["changes"], [("view", context.view), ("from", moment)] + (time.head.map { [("to", "\($0)")] } ?? []))
    }
}

/// The log's time from its first event to its last, with ticks where something happened to the whole ledger, and the
/// shown moment on it.
struct PlayHead {
    let context: PageContext
    let prefix: String
    /// The steps of the slider.
    static let steps = 10_000

    private var time: TimeFrame { context.time }

    func write(to html: inout HTMLWriter) {
        guard let first = time.firstRecordedAt.flatMap({ Instant($0) }), let last = time.headRecordedAt.flatMap({ Instant($0) }),
            first < last
        else { return }
        let span = last.microseconds - first.microseconds
        func place(_ instant: Instant) -> Int {
            Int(Int128(min(max(instant.microseconds - first.microseconds, 0), span)) * Int128(Self.steps) / Int128(span))
        }
        let now = shownInstant.map { place($0) } ?? Self.steps
        html.element("div", [.class("play")]) { html in
            step("Earlier", earlier, &html)
            html.element("span", [.class("strip")]) { html in
                html.element(
                    "svg", [.svg("viewBox", "0 0 \(Self.steps) 16"), .svg("preserveAspectRatio", "none"), .role("img"), .label(label)]
                ) { html in
                    for kind in EventKind.allCases {
                        let places = Set(
                            time.ticks.filter { $0.kind == kind }.compactMap { Instant($0.recordedAt) }.map { place($0) / 40 * 40 })
                        if places.isEmpty { continue }
                        let path = places.sorted().map { "M\($0) \(kind == .sync ? 9 : 3)V16" }.joined()
                        html.element("path", [.class("t-\(kind.rawValue)"), .svg("d", path)]) { _ in }
                    }
                    html.element("path", [.class("head"), .svg("d", "M\(now) 0V16")]) { _ in }
                }
                html.void(
                    "input",
                    [
                        .type("range"), .id("\(prefix)play-head"), .form("\(prefix)time"), .label("Play head: what we knew at"),
                        .minimum("0"), .maximum("\(Self.steps)"), .value("\(now)"), .data("data-first", first.description),
                        .data("data-last", last.description), .hidden,
                    ])
            }
            step("Later", later, &html)
            html.element("output", [.id("\(prefix)play-reading"), .for("\(prefix)play-head")]) { _ in }
        }
    }

    private var label: String {
        let counts = EventKind.allCases.compactMap { kind -> String? in
            let count = time.ticks.count { $0.kind == kind }
            return count == 0 ? nil : "\(kind.title) \(count)"
        }
        return counts.isEmpty ? "The log's time" : "The log's time, with ticks: \(counts.joined(separator: ", "))"
    }

    /// The instant of the shown knowledge. Nil for the latest.
    private var shownInstant: Instant? {
        guard time.isPinned else { return nil }
        return (time.asOf ?? time.ticks.first { $0.position == time.shown?.position }?.recordedAt ?? time.shown?.asOf)
            .flatMap { Instant($0) }
    }

    private var position: Int64? { time.isPinned ? time.shown?.position : time.head }

    /// The last tick before the shown moment. Ticks are the latest first.
    private var earlier: TimeFrame.Tick? { position.flatMap { position in time.ticks.first { $0.position < position } } }

    /// The first tick after the shown moment.
    private var later: TimeFrame.Tick? { position.flatMap { position in time.ticks.last { $0.position > position } } }

    private func step(_ title: String, _ tick: TimeFrame.Tick?, _ html: inout HTMLWriter) {
        let sign = title == "Earlier" ? "\u{2039}" : "\u{203A}"
        guard let tick else { return html.element("span", [.class("step quiet"), .ariaHidden], text: sign) }
        let name = "\(title): \(tick.headline), \(context.clock.prose(tick.recordedAt)), event \(Figures.count(tick.position))"
        html.element("a", [.class("step"), .href(context.address(after: tick.position)), .label(name), .title(name)], text: sign)
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

    /// The page's address without a moment, and without the cursor, which is meaningless at another one.
    var timelessAddress: Address {
        address.with(["as_of_position", "as_of", "effective_at", "rules", "cursor"].map { ($0, nil) })
    }

    /// The page's address after an event, with the other two answers as they are.
    func address(after position: Int64) -> Address {
        address.with([("as_of_position", position == time.head ? nil : "\(position)"), ("as_of", nil), ("cursor", nil)])
    }
}
