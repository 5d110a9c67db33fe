import LedgerExplanations
import LedgerProjections

extension TradeFeature {
    static let optionChains = TradeFeature(
        view: .optionChains,
        projection: ProjectionSource(OptionChainsTable.name) { version, read in
            ChainProjection(try OptionChainsTable(version: version, read: read))
        },
        explainer: ExplainerSource(OptionChainsTable.name) { identity, _, read in
            ChainExplainer(table: try OptionChainsTable(version: identity.rulesVersion, read: read))
        })
}

extension View {
    package static let optionChains = View.ofChains(
        "option-chains", title: "Option chains", path: "/api/research/option-chains/rows", projection: OptionChainsTable.name)

    /// What a list of rows that are made from chains is called and filtered by.
    static func ofChains(
        _ name: String, title: String, path: StaticString, projection: String, remark: (name: String, text: String)? = nil,
        note: String? = nil
    ) -> View {
        View(
            name, title: title, path: path, projection: projection, key: ["underlying", "market_date", "expiry"],
            filters: [.text("underlying", "underlying", "Underlying")], dateColumn: "market_date",
            whenEmpty: "No chain of options is recorded yet: `alpha-ledger observe import FILE --apply` does that.", remark: remark,
            note: note)
    }
}
