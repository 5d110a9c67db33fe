import ArgumentParser
import LedgerProjections
import LedgerRules
import Operations
import OptionTrades

struct RulesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules", abstract: "The installed rule files.", subcommands: [Diff.self])

    struct Diff: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what the rules of two versions say differently.",
            discussion: """
                Compares the files that the versions read, their own and those that they use, value by value: a path from the \
                root of the file, and the value before and after. Comments, formatting and the order of keys are no difference. \
                Elements of a list are named by their id, where they have one, or else by their number. No database is needed.

                Examples:
                  alpha-ledger rules diff alignment v1 v2
                  alpha-ledger rules diff outcomes v1 v2 --json
                """)

        @Argument(help: "The projection or the analysis.") var name: String
        @Argument(help: "The version that is compared with.") var from: String
        @Argument(help: "The version that would take its place.") var to: String
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let name = View.projection(named: name)
            let (from, to) = (try Arguments.version(from, of: name), try Arguments.version(to, of: name))
            let diff = try InstalledRules(try SettingsOptions.resources()).diff(name, from: from, to: to)
            if json {
                Output.bytes(diff.json() + [UInt8(ascii: "\n")])
            } else {
                show(diff)
            }
        }

        private func show(_ diff: RulesDiff) {
            Output.line("\(diff.name) \(diff.from) → \(diff.to): \(diff.count == 1 ? "1 value differs" : "\(diff.count) values differ")")
            for file in diff.files {
                Output.line("")
                switch (file.from, file.to) {
                case (let old?, let new?): Output.line("\(old.path) → \(new.path)")
                case (nil, let new?): Output.line("\(new.path), which only \(diff.to) reads")
                case (let old?, nil): Output.line("\(old.path), which only \(diff.from) reads")
                case (nil, nil): break
                }
                for change in file.changes { Output.line("  \(Output.escaped("\(change)"))") }
            }
        }
    }
}
