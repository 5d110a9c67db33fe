/// How a reader likes pages to look. A cookie of the browser keeps it.
package struct Preferences: Sendable, Equatable {
    /// One of a few values, by its name in cookies and forms, and by its name for readers.
    package protocol Choice: RawRepresentable<String>, CaseIterable, Equatable, Sendable {
        var title: String { get }
    }

    /// The space around rows.
    package enum Density: String, Choice {
        case comfortable
        case compact

        package var title: String { self == .compact ? "Compact" : "Comfortable" }
    }

    /// The zone of the times that pages show.
    package enum Zone: String, Choice {
        case utc
        case newYork = "new_york"

        package var title: String { self == .newYork ? "New York" : "UTC" }
    }

    package var density = Density.comfortable
    package var zone = Zone.utc

    package init() {}

    /// Reads a cookie's value. What it does not say, or not in these words, is as if never chosen.
    package init(cookie: String) {
        for word in cookie.split(separator: ".") {
            density = Density(rawValue: String(word)) ?? density
            zone = Zone(rawValue: String(word)) ?? zone
        }
    }

    /// The value of the cookie: `compact.new_york`.
    package var cookie: String { "\(density.rawValue).\(zone.rawValue)" }
}

/// The menu of the preferences: a form of buttons, each of which is one choice.
struct PreferenceMenu {
    let context: PageContext

    func write(to html: inout HTMLWriter) {
        html.element("details", [.class("menu")]) { html in
            html.element("summary", text: "View")
            html.element("form", [.method("post"), .action(Address(["preferences"])), .class("panel")]) { html in
                html.void("input", [.type("hidden"), .name("next"), .value(context.address.text)])
                choice("Rows", "density", context.preferences.density, &html)
                choice("Times", "zone", context.preferences.zone, &html)
            }
        }
    }

    private func choice<Value: Preferences.Choice>(_ title: String, _ name: String, _ chosen: Value, _ html: inout HTMLWriter) {
        html.element("p", [.class("choice"), .role("group"), .label(title)]) { html in
            html.element("span", [.class("quiet")], text: title)
            for value in Value.allCases {
                html.element(
                    "button", [.type("submit"), .name(name), .value(value.rawValue), .pressed(value == chosen)], text: value.title)
            }
        }
    }
}
