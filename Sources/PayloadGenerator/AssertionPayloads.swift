/// The payloads of assertions (docs/contract/assertions.md).
enum AssertionPayloads {
    static let group = PayloadGroup(
        folder: "Assertions", types: PayloadTypes(enumerations: ["kind": "AssertionKind"]),
        payloads: [
            PayloadDescription(
                "HoldingKey", ["AssertionWithdrawn.v1"], .listed(without: ["assertion_id", "reason", "withdrawn_by"]),
                parameters: .inOrder(["source", "sourcePortfolio", "contractKey"]),
                "A contract in a portfolio, of one source: what an assertion is about. Texts compare by their bytes."),
            PayloadDescription(
                "AssertionStatedPayload", ["AssertionStated.v1"], .listed(), embedded: [("holding", "HoldingKey")],
                parameters: .inOrder(["assertionID", "holding", "kind", "asOf", "value", "tolerance", "statedBy", "reason"]),
                "The payload of `AssertionStated`: an operator states what a portfolio held of a contract as of an instant."),
            PayloadDescription(
                "AssertionWithdrawnPayload", ["AssertionWithdrawn.v1"], .listed(), embedded: [("holding", "HoldingKey")],
                parameters: .inOrder(["assertionID", "holding", "withdrawnBy", "reason"]),
                """
                The payload of `AssertionWithdrawn`: an operator withdraws an assertion. It repeats the holding, so that a fold
                finds it.
                """),
        ])
}
