extension View {
    package static let assertions = View(
        "assertions", title: "Assertions", path: "/api/internal/assertions", projection: "assertions",
        key: ["source", "holding_id", "assertion_id"],
        filters: [
            .text("source", "source", "Source"), .text("portfolio", "source_portfolio", "Portfolio"),
            .text("contract", "contract_key", "Contract"), .choice("kind", "kind", "Kind", AssertionKind.self),
            .choice("state", "state", "State", CheckedAssertion.State.self),
        ], timeColumn: "as_of", whenEmpty: "Nothing is stated of a holding yet.",
        note: "What operators state that a portfolio held of a contract, and what the executions in the ledger add up to.")
}
