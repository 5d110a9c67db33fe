import Foundation
import LedgerJSON
import TestSupport
import Testing

/// What the argument parser makes of the program's own commands: completions for shells, and the manual page.
@Suite struct CompletionTests {
    /// A command as the program describes itself: its words after the program's name, and its options' long names.
    private struct Command {
        let words: [String]
        let options: [String]
        let subcommands: [String]
    }

    /// Every command that help shows, the program itself first.
    private func commands() async throws -> [Command] {
        let dump = try await Program(directory: projectRoot).run("--experimental-dump-help")
        #expect(dump.code == 0)
        let root = try #require(try JSONDocument(parsing: Array(dump.output.utf8)).root["command"])
        return Self.commands(root, [])
    }

    private static func commands(_ command: JSONValue, _ words: [String]) -> [Command] {
        let children = command["subcommands"]?.elements.map { $0 } ?? []
        let options =
            command["arguments"]?.elements.filter { $0["shouldDisplay"]?.bool == true }
            .flatMap { $0["names"]?.elements.filter { $0["kind"]?.string == "long" }.compactMap { $0["name"]?.string } ?? [] } ?? []
        let own = Command(words: words, options: options, subcommands: children.compactMap { $0["commandName"]?.string })
        return [own] + children.flatMap { child in commands(child, words + [child["commandName"]?.string ?? "?"]) }
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func `each shell's completions name every command and option`(_ shell: String) async throws {
        let script = try await Program(directory: projectRoot).run("--generate-completion-script", shell)
        #expect(script.code == 0 && script.errors.isEmpty)
        let words = Set(script.output.split { !($0.isLetter || $0.isNumber || $0 == "-") }.map { String($0.drop { $0 == "-" }) })
        let commands = try await commands()
        #expect(commands.count > 30)
        for command in commands {
            for name in command.subcommands + command.options { #expect(words.contains(name), "\(command.words) \(name)") }
        }
    }

    /// What bash offers after some words.
    private func offered(after line: String) async throws -> Set<String> {
        let folder = URL(filePath: Program.path).deletingLastPathComponent().path
        let words = line.split(separator: " ", omittingEmptySubsequences: false)
        let ended = try await Program(
            directory: projectRoot, environment: ["PATH": "\(folder):/usr/bin:/bin"], executable: "/bin/bash"
        ).run(
            "-c",
            """
            shopt -s extglob
            source <(alpha-ledger --generate-completion-script bash)
            COMP_LINE=\(BashWord(line).text); COMP_POINT=${#COMP_LINE}; COMP_TYPE=9; COMP_KEY=9
            COMP_WORDS=(\(words.map { BashWord(String($0)).text }.joined(separator: " "))); COMP_CWORD=\(words.count - 1)
            _alpha-ledger alpha-ledger "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
            printf '%s\\n' "${COMPREPLY[@]}"
            """)
        return Set(ended.output.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) })
    }

    @Test func `bash offers the commands, and the options of the one that is being typed`() async throws {
        let commands = try await commands()
        for command in commands where !command.subcommands.isEmpty {
            let line = (["alpha-ledger"] + command.words + [""]).joined(separator: " ")
            let offered = try await offered(after: line)
            #expect(offered.isSuperset(of: command.subcommands), "\(line): \(offered)")
        }
        #expect(try await offered(after: "alpha-ledger view trades --as") == ["--as-of", "--as-of-position"])
        #expect(try await offered(after: "alpha-ledger au") == ["audit"])
        #expect(try await offered(after: "alpha-ledger view lifecycles --sort open") == ["open_premium_usd", "opened_at"])
    }

    @Test func `the manual page has every command, option and abstract that the program has`() async throws {
        let page = try #require(projectText("docs/alpha-ledger.1"))
        let lines = Set(page.split(separator: "\n").map(String.init))
        for command in try await commands() {
            for name in command.subcommands {
                // The generator writes a command with its other names as one quoted list.
                #expect(
                    lines.contains { $0.hasPrefix(".It Em \(name)") || $0.hasPrefix(".It Em \"\(name),") },
                    "\(command.words) \(name): run scripts/manual")
            }
            for option in command.options {
                #expect(page.contains("Fl -\(option)"), "\(command.words) --\(option): run scripts/manual")
            }
        }
    }
}

/// A text as one word of bash.
private struct BashWord {
    let text: String

    init(_ plain: String) { text = "'\(plain.replacing("'", with: "'\\''"))'" }
}
