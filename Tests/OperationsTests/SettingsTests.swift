import Operations
import Testing

/// What the settings refuse, and what the refusal says.
@Suite struct SettingsTests {
    private func problem(_ environment: [String: String], file: String? = nil) -> String? {
        do {
            _ = try Settings(environment: environment, file: file)
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test func `a key that clients show has sixteen bytes or more, wherever it is set`() {
        for name in ["ALPHA_LEDGER_READ_KEY", "ALPHA_LEDGER_ADMIN_KEY", "ALPHA_LEDGER_TRADE_KEY"] {
            let short = String(repeating: "k", count: 15)
            for text in [problem([name: short]), problem([:], file: "\(name.lowercased()): \(short)")] {
                #expect(text?.hasPrefix("\(name): expected a key of 16 bytes or more") == true, "\(text ?? "accepted")")
                #expect(text?.contains("kkk") == false)
            }
            #expect(problem([name: short + "k"]) == nil)
            // Bytes, not letters.
            #expect(problem([name: String(repeating: "é", count: 8)]) == nil)
        }
        #expect(problem(["ALPHA_TRADE_FEED_API_KEY": "k", "AMBERDATA_API_KEY": "k"]) == nil, "others' keys are as they give them")
    }

    @Test func `the key that trades is neither the reader's nor the administrator's`() {
        let key = "one-key-of-tests"
        for name in ["ALPHA_LEDGER_READ_KEY", "ALPHA_LEDGER_ADMIN_KEY"] {
            let text = problem([name: key, "ALPHA_LEDGER_TRADE_KEY": key])
            #expect(text == "ALPHA_LEDGER_TRADE_KEY must differ from \(name): who trades is asked for separately")
        }
        #expect(problem(["ALPHA_LEDGER_READ_KEY": key, "ALPHA_LEDGER_TRADE_KEY": "other-key-of-tests"]) == nil)
    }

    @Test func `a file that is not YAML is named with the line, in one line, and without a copy of what it holds`() {
        for file in [
            "host: [1, 2\nport: 5\n", "port: 1\n\tadmin_key: verysecretverysecret\n", "a: \"verysecret", "port: 1\nport: 2\n", "port: @1",
        ] {
            let text = problem([:], file: file) ?? ""
            #expect(text.hasPrefix("alpha-ledger.yaml is not YAML: line "), "\(text)")
            #expect(!text.contains("\n") && !text.contains("secret") && !text.contains("^"), "\(text)")
        }
    }
}
