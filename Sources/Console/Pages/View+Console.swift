package import OptionTrades

extension View {
    /// The path segments of the view's list.
    package var segments: [String] { "\(path)".split(separator: "/").map { String($0) } }

    /// The parameters of the filters that the view's page offers. They exclude `source`, because a page covers one source.
    package var offeredFilters: [String] {
        filterParameters.filter { $0 != "source" } + (hasHorizons ? ["horizons"] : [])
    }

    var filterFields: [FilterForm.Field] {
        var fields: [FilterForm.Field] = []
        for filter in filters where filter.parameter != "source" {
            fields.append(
                filter.values.isEmpty
                    ? .text(name: filter.parameter, label: filter.title, placeholder: Self.placeholders[filter.parameter] ?? "")
                    : .choice(name: filter.parameter, label: filter.title, values: filter.values))
        }
        if hasHorizons { fields.append(.text(name: "horizons", label: "Horizons", placeholder: "1,7,30,expiry")) }
        if timeColumn != nil {
            fields.append(.text(name: "from", label: isOfTrades ? "Traded from" : "From", placeholder: "2025-09-01"))
            fields.append(.text(name: "to", label: "before", placeholder: "2026-02-01"))
        }
        return fields
    }

    private static let placeholders = ["portfolio": "IMST", "underlying": "MSTR"]

    func explained(_ context: PageContext) -> Explained {
        Explained(view: name, key: key, pin: context.time.pin + context.time.rulesParameter)
    }
}
