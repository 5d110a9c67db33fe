/// The menus of the header: groups of pages.
///
/// A page is added to the header by a line in the table of its group: its title and the first segment of its path.
struct Navigation {
    let context: PageContext

    /// A link of a menu.
    struct Entry {
        let title: String
        /// The first segment of the page's path.
        let segment: String
        /// Whether the page is of one market, which its link keeps.
        var isOfMarket = false

        init(_ title: String, _ segment: String) {
            self.title = title
            self.segment = segment
        }
    }

    static let groups: [(title: String, entries: [Entry])] = [
        ("Model", screens("Model") + [Entry("Alerts", "alerts")]),
        ("Market Setup", screens("Market Setup")),
        (
            "Measurement",
            [
                Entry("Performance", "performance"),
                Entry("Trade Book", "trades"),
                Entry("Research", "research"),
                Entry("Orders", "broker"),
            ]
        ),
        (
            "Ledger",
            [
                Entry("Operations", "operations"),
                Entry("Log", "log"),
                Entry("Projections", "projections"),
            ]
        ),
        (
            "Help",
            [
                Entry("Reference", "reference"),
                Entry("Parts of these pages", "styleguide"),
            ]
        ),
    ]

    private static func screens(_ group: String) -> [Entry] {
        MarketScreen.all.filter { $0.group == group }.map { screen in
            var entry = Entry(screen.title, screen.segment)
            entry.isOfMarket = true
            return entry
        }
    }

    func write(to html: inout HTMLWriter) {
        html.element("nav", [.label("Sections")]) { html in
            html.element("ul") { html in
                for group in Self.groups {
                    html.element("li") { menu(group.title, group.entries, &$0) }
                }
            }
        }
    }

    private var here: String { context.address.path.first ?? "" }

    /// Menus of one name are open one at a time.
    private func menu(_ title: String, _ entries: [Entry], _ html: inout HTMLWriter) {
        html.element("details", [.class("menu"), .name("sections")]) { html in
            let isHere = entries.contains { $0.segment == here }
            html.element("summary", isHere ? [.current("true")] : [], text: title)
            html.element("ul", [.class("panel")]) { html in
                for entry in entries {
                    html.element("li") { html in
                        html.element(
                            "a", [.href(address(of: entry))] + (entry.segment == here ? [.current("page")] : []), text: entry.title)
                    }
                }
            }
        }
    }

    /// The moment follows the reader from page to page, and the market from screen to screen.
    private func address(of entry: Entry) -> Address {
        let market = entry.isOfMarket ? context.address["currency"].map { [("currency", $0)] } ?? [] : []
        return Address([entry.segment], market + context.time.parameters)
    }
}
