import Testing

@Suite struct ExplainCommandTests {
    @Test func `what can't be explained exits with 2 or 1 and names what was expected`() async throws {
        try await withDirectory { directory in
            let program = Program(directory: directory)
            for (arguments, code, part) in [
                (["trades"], 2, "key"),
                (["nothing", "T1"], 2, "view: expected one of trades, lifecycles, context"),
                (["trades", "T1", "--field", "premium"], 2, "field: expected one of the columns of trades: contract_multiplier"),
                (["trades", "T1", "--as-of", "yesterday"], 2, "is invalid for '--as-of <as-of>': expected an instant"),
                (["outcomes", "T1"], 2, "source|source_trade_id|horizon_key"),
                (["outcomes", "T1", "soon"], 2, "horizons"),
                (["trades", "T1"], 1, "trades has no row alpha_sync|T1 as of position"),
            ] as [([String], Int32, String)] {
                let ended = try await program.run(["audit", "explain"] + arguments)
                #expect(ended.code == code && ended.errors.contains(part), "\(arguments): \(ended.errors)")
            }
        }
    }
}
