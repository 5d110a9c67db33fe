import Crypto
import LedgerRules
package import LedgerValues
import OptionTrades
internal import Yams

/// The keys of people and programs by name: the file that `ALPHA_LEDGER_KEYS` names.
///
/// The file has the SHA-256 of each key and never the key, as `printf %s "$key" | sha256sum` gives it:
///
/// ```yaml
/// - {name: alice, role: admin, sha256: 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae}
/// ```
package struct NamedKeys: Sendable {
    package enum Role: String, Sendable, CaseIterable {
        case read
        /// Reads, and gives intents to trade.
        case trade
        /// Reads and acts, and does not trade.
        case admin
    }

    package struct Key: Sendable {
        package let name: String
        package let role: Role
        let digest: Digest32
    }

    package let keys: [Key]

    package static let none = NamedKeys(keys: [])

    private init(keys: [Key]) { self.keys = keys }

    package var isEmpty: Bool { keys.isEmpty }
    package var canAct: Bool { keys.contains { $0.role == .admin } }
    package var canTrade: Bool { keys.contains { $0.role == .trade } }

    /// The key with a text. Every digest is compared to its end, whichever matches.
    package func key(_ text: String) -> Key? {
        let digest = Digest32(Array(SHA256.hash(data: Array(text.utf8))))
        var found: Key?
        for key in keys {
            var difference: UInt8 = 0
            for (left, right) in zip(key.digest.bytes, digest.bytes) { difference |= left ^ right }
            if difference == 0 { found = key }
        }
        return found
    }

    /// Reads the file's text. Throws `SettingProblem` with the file and the line, and never quotes a digest.
    ///
    /// - Parameter name: the file's name, for problems
    package init(parsing text: String, name file: String) throws(SettingProblem) {
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch {
            throw SettingProblem("\(file) is not YAML: \(YAMLProblem(error))")
        }
        guard let entries = root?.sequence, !entries.isEmpty else {
            throw SettingProblem("\(file): expected a list of keys, each with name, role and sha256")
        }
        var keys: [Key] = []
        for entry in entries {
            let line = entry.mark.map { ":\($0.line)" } ?? ""
            func problem(_ text: String) -> SettingProblem { SettingProblem("\(file)\(line): \(text)") }
            guard let mapping = entry.mapping else { throw problem("expected name, role and sha256") }
            var members: [String: String] = [:]
            for (member, value) in mapping {
                let key = member.scalar?.string ?? ""
                guard ["name", "role", "sha256"].contains(key) else {
                    throw problem("unknown member `\(key)`; expected name, role, sha256")
                }
                guard let text = value.scalar?.string, members.updateValue(text, forKey: key) == nil else {
                    throw problem("\(key): expected one text")
                }
            }
            guard let name = members["name"], Self.isName(name) else {
                throw problem("name: expected up to 64 letters, digits, -, _, . and @")
            }
            if RunActor.reserved.contains(name) { throw problem("name: `\(name)` says how a run was started, so no key has it") }
            guard let role = members["role"].flatMap({ Role(rawValue: $0) }) else {
                throw problem("role: expected \(Role.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            guard let digest = members["sha256"].flatMap({ Digest32(hex: $0.lowercased()) }) else {
                throw problem("sha256: expected the SHA-256 of the key as 64 hexadecimal digits")
            }
            if keys.contains(where: { $0.name.isBytewiseEqual(to: name) }) { throw problem("name: `\(name)` occurs twice") }
            if keys.contains(where: { $0.digest == digest }) { throw problem("sha256: another name has the same key") }
            keys.append(Key(name: name, role: role, digest: digest))
        }
        self.init(keys: keys)
    }

    private static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "@"):
                    true
                default: false
                }
            }
    }
}
