import Foundation

/// A root with a second version of every projection's rules, so that tests can read views under either version.
package enum TwoVersions {
    package static let root: String = {
        do { return try make() } catch { fatalError("\(error)") }
    }()

    /// The differences in each `rules.v2.yaml`: the text of version 1, and its replacement.
    private static let changes: [String: [(String, String)]] = [
        "alerts": [("history: 20", "history: 1")],
        "alignment": [("{long_vol: 15, short_vol: -15}", "{long_vol: 20, short_vol: -20}"), ("intent: unknown", "intent: undeclared")],
        "assertions": [("quantity: 0", "quantity: 1"), ("trades/rules.v1.yaml", "trades/rules.v2.yaml")],
        "bars": [],
        "context": [],
        "exposure": [],
        "gex_hourly": [],
        "gex_snapshots": [],
        "intraday_flow": [],
        "iv_surface": [],
        "iv_surface_snapshots": [],
        "oi_snapshots": [],
        "spot_snapshots": [],
        "futures_basis": [],
        "funding_rates": [],
        "liquidations": [],
        "option_chains": [],
        "option_prints": [],
        "put_call": [],
        "term_structures": [],
        "vol_cones": [],
        "snapshots": [],
        "volumes": [],
        "broker_positions": [],
        "dispatches": [("spread_below: 10", "spread_below: 5")],
        "execution_quality": [("fresh_minutes: 5", "fresh_minutes: 0")],
        "lifecycles": [("trades/rules.v1.yaml", "trades/rules.v2.yaml")],
        "outcomes": [("[1, 7, 30, expiry]", "[7, 14]"), ("alignment/rules.v1.yaml", "alignment/rules.v2.yaml")],
        "sync_state": [],
        "trades": [("[FILLED, PARTIALLY_FILLED]", "[FILLED]")],
        "vol_metrics_snapshots": [],
    ]

    private static func make() throws -> String {
        let files = FileManager.default
        let root = try temporaryDirectory()
        try files.copyItem(atPath: projectRoot + "/projections", toPath: root + "/projections")
        for folder in ["schema", "analyses"] {
            try files.createSymbolicLink(atPath: "\(root)/\(folder)", withDestinationPath: "\(projectRoot)/\(folder)")
        }
        for (name, changes) in changes {
            let folder = "\(root)/projections/\(name)"
            var text = try String(contentsOfFile: "\(folder)/rules.v1.yaml", encoding: .utf8)
            for (old, new) in [("version: 1\n", "version: 2\n")] + changes {
                precondition(text.contains(old), "\(name) has no \(old)")
                text = text.replacingOccurrences(of: old, with: new)
            }
            try text.write(toFile: "\(folder)/rules.v2.yaml", atomically: true, encoding: .utf8)
        }
        return root
    }
}
