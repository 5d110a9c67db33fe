import LedgerAnalyses
import LedgerJSON
import LedgerProjections
import LedgerRules
import LedgerValues
import OptionTrades
import TestSupport
import Testing

@Suite struct AnalysisRegistryTests {
    private static let rules = projectText("analyses/stationarity/rules.v1.yaml") ?? ""

    private func registry(_ files: [Int: String]) throws -> AnalysisRegistry {
        let texts = Dictionary(uniqueKeysWithValues: files.map { ("analyses/stationarity/rules.v\($0.key).yaml", Array($0.value.utf8)) })
        return try AnalysisRegistry([MarketAnalysis.stationarity.source], files: texts.keys.sorted()) { texts[$0] }
    }

    @Test func `the newest rules are meant where none are named, and a version by its number`() throws {
        let second = Self.rules.replacing("version: 1\n", with: "version: 2\n")
        let registry = try registry([1: Self.rules, 2: second])
        #expect(registry.known("stationarity") == ["v1", "v2"])
        #expect(registry.definition("stationarity", nil)?.identity.reference.description == "v2/c1")
        let first = registry.definition("stationarity", VersionReference(version: "v1"))
        #expect(first?.identity.rules.map(\.path) == ["analyses/stationarity/rules.v1.yaml"])
        #expect(first?.identity.reads.map { "\($0.projection) \($0.version)" } == ["gex_hourly v1/c1", "vol_metrics_snapshots v1/c1"])
        #expect(registry.definition("stationarity", VersionReference(version: "v1", codeVersion: 9)) == nil)
        #expect(registry.definition("no-such", nil) == nil)
    }

    @Test(arguments: [
        ("fresh_minutes: 90", "fresh_minutes: -1", "needs.gex_hourly.fresh_minutes"),
        ("usable_minutes: 1440", "usable_minutes: 89", "usable_minutes"),
        ("gex_hourly: v1/c1", "gex_hourly: v1", "reads.gex_hourly: expected a version with its code"),
        ("  gex_hourly: v1/c1\n", "", "reads: the key `gex_hourly` is missing"), ("older_days: 90", "older_days: 30", "test.older_days"),
        ("  vol_metrics: {", "  vol_metric: {", "unknown key `vol_metric`"), ("test:", "tests:", "unknown key `tests`"),
    ])
    func `a broken rule file stops only what asks for it, and says where it breaks`(old: String, new: String, problem: String) throws {
        let registry = try registry([
            1: Self.rules, 2: Self.rules.replacing("version: 1\n", with: "version: 2\n").replacing(old, with: new),
        ])
        #expect(registry.known("stationarity") == ["v1"])
        let found = try #require(registry.problem(of: "stationarity", version: "v2"))
        #expect("\(found)".hasPrefix("analyses/stationarity/rules.v2.yaml") && "\(found)".contains(problem), "\(found)")
        #expect(registry.problem(of: "stationarity", version: "v1") == nil)
    }

    @Test func `a rule file that changed since it was recorded can't be asked for`() throws {
        let registry = try registry([1: Self.rules])
        let file = try #require(registry.usedFiles.first)
        let left = registry.leavingOut([ChangedRuleFile(file, recorded: String(repeating: "0", count: 64))])
        #expect(left.definitions.isEmpty && left.usedFiles.isEmpty && left.installedFiles == [file])
        #expect(left.problem(of: "stationarity", version: nil)?.description.contains("differs from the one recorded") == true)
    }

    @Test(arguments: [nil, "", " BTC", "BTC ", "B\u{7}TC", String(repeating: "B", count: 65)] as [String?])
    func `a parameter that is missing or no plain text is named`(value: String?) throws {
        let definition = try #require(try registry([1: Self.rules]).definition("stationarity", nil))
        let problem = #expect(throws: ParameterProblem.self) {
            _ = try definition.asked(ParameterValues(value.map { ["currency": $0] } ?? [:]))
        }
        #expect(problem?.name == "currency" && problem?.expected.contains("BTC") == true)
    }

    @Test func `a path leads to a figure, to all below it, or to nothing`() throws {
        let root = try JSONDocument(parsing: Array(#"{"a":{"b":1,"c":[{"d":2},{"d":3}]},"e":["x","y"],"f":[]}"#.utf8)).root
        #expect(FieldPath.figures(in: root).map(\.description) == ["a.b", "a.c.0.d", "a.c.1.d", "e", "f"])
        #expect(FieldPath("a.c").figures(in: root).map(\.description) == ["a.c.0.d", "a.c.1.d"])
        #expect(FieldPath("a.c.1.d").value(in: root)?.integer == 3)
        for path in ["", "a.", "b", "a.c.2.d", "a.c.-1.d", "e.0.x"] { #expect(FieldPath(path).value(in: root) == nil, "\(path)") }
    }
}
