import LedgerRules
import TestSupport
import Testing

/// What two versions of a rule file say differently.
@Suite struct RuleChangeTests {
    /// The changes from one text to another, as people read them. The texts lack the two keys that every rule file has.
    private func changes(_ old: String, _ new: String) throws -> [String] {
        try files(["a/rules.v1.yaml": old], ["a/rules.v2.yaml": new]).flatMap(\.changes).map(\.description)
    }

    /// Compares the files that two versions read.
    private func files(_ old: [String: String], _ new: [String: String]) throws -> [RuleFileChanges] {
        var texts: [String: [UInt8]] = [:]
        for (path, text) in old.merging(new, uniquingKeysWith: { first, _ in first }) {
            let version = try #require(path.firstMatch(of: #/\.v(\d+)\.yaml/#)).1
            texts[path] = Array("rules: a\nversion: \(version)\n\(text)\n".utf8)
        }
        func files(_ side: [String: String]) throws -> [RuleFile] {
            try side.keys.sorted().map { try RuleDocument(path: $0, kind: "a", read: { texts[$0] }).file }
        }
        return try RuleFileChanges.between(try files(old), try files(new), read: { texts[$0] })
    }

    @Test func `a value that was replaced, added or removed is named by its path`() throws {
        let old = """
            signals:
              vrp: {weight: 70, limit: 1}
              smile: {fair: 0}
            bid_above: 0
            """
        let new = """
            signals:
              vrp: {weight: 65, limit: 1}
              skew: {weight: 5, center: 2}
            note: ""
            """
        #expect(
            try changes(old, new) == [
                "bid_above: removed 0", #"note: added """#, "signals.skew.center: added 2", "signals.skew.weight: added 5",
                "signals.smile.fair: removed 0", "signals.vrp.weight: 70 → 65",
            ])
    }

    @Test func `comments, formatting, quotes, anchors and the order of keys are no difference`() throws {
        let old = """
            # Why.
            signals:
              vrp: {weight: 70, limit: 1} # here
              smile: {weight: 70, limit: 1}
            labels: [low, high]
            """
        let new = """
            labels:
              - "low"
              - 'high'

            signals:
              smile: &same
                limit: 1
                weight: "70"
              vrp: *same
            """
        #expect(try changes(old, new) == [])
        // Other text is another value, whatever it may be worth as a number.
        #expect(try changes("a: 70", "a: 70.0") == ["a: 70 → 70.0"])
    }

    @Test func `the order of the changes follows from the paths alone`() throws {
        let (old, new) = ("b: 1\na: 1\nc: {z: 1, y: 1}", "c: {y: 2, z: 2}\nb: 2\na: 2")
        let expected = ["a: 1 → 2", "b: 1 → 2", "c.y: 1 → 2", "c.z: 1 → 2"]
        #expect(try changes(old, new) == expected)
        #expect(try changes("a: 1\nb: 1\nc: {y: 1, z: 1}", new) == expected)
    }

    @Test func `elements of a list are numbered, or named by the ids that all of them have`() throws {
        #expect(try changes("l: [a, b]", "l: [a, c, d]") == ["l.1: b → c", "l.2: added d"])
        #expect(try changes("l: [{x: 1}, {x: 2}]", "l: [{x: 1}]") == ["l.1.x: removed 2"])
        let old = "l: [{id: low, score: 30}, {id: high, score: 70}]"
        #expect(
            try changes(old, "l: [{id: mid, score: 50}, {id: low, score: 30}, {id: high, score: 65}]")
                == ["l.high.score: 70 → 65", "l.mid.id: added mid", "l.mid.score: added 50"])
        #expect(try changes(old, "l: [{id: high, score: 70}, {id: low, score: 30}]") == ["l: order low, high → order high, low"])
        // An id that stands twice, or that one element lacks, names nothing.
        #expect(try changes(old, "l: [{id: low, score: 30}, {id: low, score: 70}]") == ["l.1.id: high → low"])
        #expect(try changes(old, "l: [{id: low, score: 30}, {score: 70}]") == ["l.1.id: removed high"])
    }

    @Test func `a value of another kind is removed and added, and an empty one says so`() throws {
        #expect(try changes("a: 1", "a: {b: 2}") == ["a: removed 1", "a.b: added 2"])
        #expect(try changes("a: [1]", "a: {b: 2}") == ["a.0: removed 1", "a.b: added 2"])
        #expect(try changes("a: []", "a: [1]") == ["a.0: added 1"])
        #expect(try changes("a: 1", "a: []\nb: {}") == ["a: 1 → []", "b: added {}"])
        #expect(try changes("a: {}", "") == ["a: removed {}"])
    }

    @Test func `a key with a dot or a quote is quoted`() throws {
        #expect(
            try changes(#"s: {BRK.B: 1, 'a"b': 1, ü: 1}"#, #"s: {BRK.B: 2, 'a"b': 2, ü: 2}"#)
                == [#"s."BRK.B": 1 → 2"#, #"s."a\"b": 1 → 2"#, #"s."ü": 1 → 2"#])
    }

    @Test func `the files of two versions are paired by name, and shared ones left out`() throws {
        let compared = try files(
            ["a/rules.v1.yaml": "x: 1", "shared/m.v1.yaml": "y: 1", "gone/rules.v3.yaml": "z: 1"],
            ["a/rules.v2.yaml": "x: 1", "shared/m.v1.yaml": "y: 1", "new/rules.v1.yaml": "z: 2"])
        #expect(compared.map { $0.from?.path } == ["a/rules.v1.yaml", "gone/rules.v3.yaml", nil])
        #expect(compared.map { $0.to?.path } == ["a/rules.v2.yaml", nil, "new/rules.v1.yaml"])
        #expect(
            compared.map { $0.changes.map(\.description) } == [
                [], ["rules: removed a", "z: removed 1"], ["rules: added a", "z: added 2"],
            ])
    }

    @Test func `a file that changed since it was read is refused`() throws {
        let first: RuleFileReader = { _ in Array("rules: a\nversion: 1".utf8) }
        let file = try RuleDocument(path: "a/rules.v1.yaml", kind: "a", read: first).file
        #expect(throws: RuleError.self) {
            try RuleFileChanges.between([file], [], read: { _ in Array("rules: a\nversion: 1\nx: 1".utf8) })
        }
        #expect(throws: RuleError.self) { try RuleFileChanges.between([file], [], read: { _ in nil }) }
    }

    @Test func `the installed rules differ from those that the tests change in the changed values`() throws {
        let text = try #require(projectText("projections/alignment/rules.v1.yaml"))
        let old = text.replacing("rules: alignment\nversion: 1\n", with: "")
        let new = old.replacing("score: 70", with: "score: 65").replacing("long_vol: 15,", with: "long_vol: 20,")
        #expect(
            try changes(old, new)
                == [
                    "labels.from.0.score: 70 → 65", "signals.dvol_percentile.weight.long_vol: 15 → 20",
                    "signals.vrp.weight.long_vol: 15 → 20",
                ])
    }
}
