import Operations
import Testing

/// The file of keys by name.
@Suite struct NamedKeysTests {
    // The digests of `foo` and `bar`.
    private static let foo = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
    private static let bar = "fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9"

    private func problem(_ text: String) -> String? {
        do {
            _ = try NamedKeys(parsing: text, name: "keys.yaml")
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test func `a key is found by its digest, and has the name and the role of its line`() throws {
        let text = "- {name: alice, role: admin, sha256: \(Self.foo)}\n- {name: wall, role: read, sha256: \(Self.bar.uppercased())}\n"
        let keys = try NamedKeys(parsing: text, name: "keys.yaml")
        #expect(keys.key("foo")?.name == "alice" && keys.key("foo")?.role == .admin)
        #expect(keys.key("bar")?.name == "wall" && keys.key("bar")?.role == .read)
        #expect(keys.key("baz") == nil && keys.key("") == nil)
        #expect(keys.canAct && !keys.isEmpty)
        #expect(!(try NamedKeys(parsing: "- {name: wall, role: trade, sha256: \(Self.bar)}", name: "k").canAct))
    }

    @Test(arguments: [
        ("", "keys.yaml: expected a list"), ("name: a", "keys.yaml: expected a list"), ("- a: [", "keys.yaml is not YAML: line"),
        ("- {name: a, role: admin, sha256: FOO}\n- alice", "keys.yaml:2: expected name, role and sha256"),
        ("- {name: a, role: admin, sha256: FOO}\n- {name: a, role: read, sha256: BAR}", "keys.yaml:2: name: `a` occurs twice"),
        (
            "- {name: a, role: admin, sha256: FOO}\n- {name: b, role: read, sha256: FOO}",
            "keys.yaml:2: sha256: another name has the same key"
        ),
        ("- {name: a, role: root, sha256: FOO}", "keys.yaml:1: role: expected read, trade, admin"),
        ("- {name: cli, role: read, sha256: FOO}", "keys.yaml:1: name: `cli` says how a run was started"),
        ("- {name: a b, role: read, sha256: FOO}", "keys.yaml:1: name: expected up to 64 letters"),
        ("- {role: read, sha256: FOO}", "keys.yaml:1: name: expected"), ("- {name: a, role: read}", "keys.yaml:1: sha256: expected"),
        ("- {name: a, role: read, sha256: abc}", "keys.yaml:1: sha256: expected the SHA-256 of the key as 64"),
        ("- {name: a, role: read, sha256: FOO, key: foo}", "keys.yaml:1: unknown member `key`"),
    ])
    func `a wrong line is named, and no digest is quoted`(text: String, expected: String) {
        let found = problem(text.replacing("FOO", with: Self.foo).replacing("BAR", with: Self.bar)) ?? "accepted"
        #expect(found.hasPrefix(expected), "\(found)")
        #expect(!found.contains(Self.foo) && !found.contains(Self.bar))
    }

    @Test func `a file that can't be read stops the start`() throws {
        var settings = try Settings(environment: ["ALPHA_LEDGER_KEYS": "/nowhere/keys.yaml"])
        #expect(!settings.hasReadKeys && settings.namedKeys.isEmpty)
        #expect {
            try settings.loadKeys { _ in nil }
        } throws: {
            "\($0)" == "ALPHA_LEDGER_KEYS: /nowhere/keys.yaml can't be read as text"
        }
        try settings.loadKeys { _ in Array("- {name: a, role: admin, sha256: \(Self.foo)}".utf8) }
        #expect(settings.hasReadKeys && settings.hasAdminKeys)
    }
}
