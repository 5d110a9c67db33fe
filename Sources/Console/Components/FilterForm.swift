/// The filters of a list: a GET form that works without a script and keeps the shown moment.
struct FilterForm {
    /// A filter and its input element.
    enum Field {
        case text(name: String, label: String, placeholder: String)
        case choice(name: String, label: String, values: [String])
    }

    let fields: [Field]
    let context: PageContext

    func write(to html: inout HTMLWriter) {
        html.element(
            "form", [.class("filters"), .method("get"), .action(Address(context.address.path)), .role("search"), .label("Filter the rows")]
        ) { html in
            for (name, value) in context.time.parameters {
                html.void("input", [.type("hidden"), .name(name), .value(value)])
            }
            for (name, value) in context.address.query where kept(name) {
                html.void("input", [.type("hidden"), .name(name), .value(value)])
            }
            for (index, field) in fields.enumerated() { write(field, isFirst: index == 0, &html) }
            html.element("button", [.type("submit")], text: "Filter")
            if fields.contains(where: { context.address[$0.name] != nil }) {
                html.element(
                    "a", [.href(Address(context.address.path, context.time.parameters + context.address.query.filter { kept($0.name) }))],
                    text: "Clear")
            }
        }
    }

    private func kept(_ name: String) -> Bool {
        ["currency", "horizons", "rules", "view", "from_position", "to_position", "sort", "columns"].contains(name)
            && !fields.contains { $0.name == name }
    }

    private func write(_ field: Field, isFirst: Bool, _ html: inout HTMLWriter) {
        let id = "filter-\(field.name)"
        let value = context.address[field.name] ?? ""
        html.element("span", [.class("field")]) { html in
            switch field {
            case .text(let name, let label, let placeholder):
                html.element("label", [.for(id)], text: label)
                var attributes: [Attribute] = [
                    .type("text"), .id(id), .name(name), .value(value), .placeholder(placeholder), .autocomplete("off"),
                ]
                if isFirst { attributes.append(.data("data-shortcut", "/")) }
                html.void("input", attributes)
            case .choice(let name, let label, let values):
                html.element("label", [.for(id)], text: label)
                html.element("select", [.id(id), .name(name)]) { html in
                    html.element("option", [.value("")], text: "any")
                    // A value unknown to the list stays selectable, because it is the value that was asked for.
                    for known in values + (value.isEmpty || values.contains(value) ? [] : [value]) {
                        html.element("option", [.value(known)] + (known == value ? [.selected] : []), text: known)
                    }
                }
            }
        }
    }
}

extension FilterForm.Field {
    var name: String {
        switch self {
        case .text(let name, _, _), .choice(let name, _, _): name
        }
    }
}
