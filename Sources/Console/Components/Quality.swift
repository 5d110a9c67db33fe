/// How far a state, label or quality can be relied on, or how well it turned out.
///
/// It is a scale of its own, beside gain and loss (``Polarity``) and identity (``Series``): filled is good, empty is
/// bad. Badges and plots look it up by a state's name, so a state looks alike everywhere (docs/design.md, "Colour").
enum Quality: String, Sendable, CaseIterable {
    case full
    case good
    case middling
    case weak
    case poor
    /// There is nothing to judge.
    case absent

    /// The quality of a state. Nil for states that say nothing about it, for example of an order that was filled.
    init?(_ state: String) {
        switch state {
        case "clean", "available", "quoted", "aligned", "complete", "terminal_mark", "high", "served", "ready", "stable", "drivers",
            "holds", "completed", "cleared", "submit", "agrees":
            self = .full
        case "partially_aligned", "proxy_mapped", "unrealized_mark", "explained": self = .good
        case "mixed", "neutral", "partial", "medium", "estimated", "pending", "PENDING", "PARTIALLY_FILLED", "open", "building",
            "insufficient", "wait", "UNRESOLVED", "simulate", "SIMULATED_FALLBACK":
            self = .middling
        case "weak_alignment", "stale", "unfinished", "incomplete_economics", "low": self = .weak
        case "misaligned", "ambiguous", "unmapped", "unstable", "stopped", "detractors", "broken", "failed", "REJECTED", "BUSTED",
            "CANCELLED", "REFUSED", "EXPIRED", "critical", "raised", "differs", "halted":
            self = .poor
        case "unavailable", "missing", "insufficient_data", "indeterminate", "not_entitled", "insufficient_facts", "unobserved":
            self = .absent
        default: return nil
        }
    }

    /// The class of a mark in this quality's shade.
    var shade: String { "q-\(rawValue)" }
}

/// A state in a word, with a mark and a colour for its quality. The word carries the meaning by itself.
enum Badge {
    static func write(_ text: String, to html: inout HTMLWriter) {
        let shade = Quality(text)?.shade ?? "plain"
        html.element("span", [.class("badge \(shade)")], text: text.replacing("_", with: " "))
    }
}

/// The shades of the parts of a plot. All parts of one plot are of one scale.
enum Series {
    /// The shades of some parts: of quality if each part has another one, else of identity, by order.
    static func shades(_ names: [String]) -> [String] {
        let qualities = names.map { Quality($0) }
        let known = Set(qualities.compactMap { $0 })
        if known.count == names.count { return qualities.map { $0?.shade ?? "" } }
        return names.indices.map { identity($0) }
    }

    /// The shade of one of several things that are merely different. The fifth is shared by all further ones.
    static func identity(_ index: Int) -> String { "i-\(min(index, 4) + 1)" }
}
