import Foundation
import TestSupport
import Testing

/// The commands of docs/engineer.md, run by a shell in their order.
@Suite struct EngineerGuideTests {
    @Test func `every command of the guide runs`() async throws {
        try await withDirectory { directory in
            let guide = try #require(projectText("docs/engineer.md"))
            let commands = guide.split(separator: "\n").filter { $0.hasPrefix("$ ") }.map { $0.dropFirst(2) }
            #expect(commands.count >= 14)
            // Each command in one shell, so that what it exports holds; a pipe's every part counts.
            let script = """
                set -eo pipefail
                PROJECT='\(projectRoot)'
                alpha-ledger() { '\(Program.path)' "$@"; }
                \(commands.map { "echo \"+ $(cat <<'COMMAND'\n\($0)\nCOMMAND\n)\"\n\($0)" }.joined(separator: "\n"))
                """
            let ended = try await runShell(script, in: directory)
            #expect(ended.code == 0, "\(ended.output.suffix(2000))\n\(ended.errors.suffix(2000))")
            #expect(ended.output.contains("alignment serves v2/c1 instead of v1/c1"))
            #expect(ended.output.contains("alignment serves v1/c1 instead of v2/c1"))
            #expect(ended.output.contains("dropped alignment v2/c1"))
            // With what reads its labels; alone it says what keeps the old ones.
            #expect(ended.output.contains("outcomes serves v2/c") && ended.output.contains("outcomes serves v1/c"))
            #expect(ended.errors.contains("warning: outcomes v1/c") && ended.errors.contains("alignment/rules.v1.yaml"))
        }
    }

    private func runShell(_ script: String, in directory: String) async throws -> (code: Int32, output: String, errors: String) {
        let path = directory + "/guide.sh"
        try script.write(toFile: path, atomically: true, encoding: .utf8)
        let program = Program(directory: directory, executable: "/bin/bash")
        let ended = try await program.run(path)
        return (ended.code, ended.output, ended.errors)
    }
}
