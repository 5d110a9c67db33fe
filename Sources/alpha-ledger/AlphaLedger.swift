import ArgumentParser
import Glibc
import Operations

/// The command line: parses and runs a command, and turns every error into one sentence and an exit code.
@main
struct AlphaLedger: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alpha-ledger",
        abstract: "An event-sourced ledger of option trades.",
        discussion: """
            Without DATABASE_URL the program runs a Postgres server of its own under ALPHA_LEDGER_DATA_DIR \
            (default .alpha-ledger). Settings come from flags, then the environment, then alpha-ledger.yaml in the \
            working directory.

            Exit codes: 0 done, 1 failed or did not verify, 2 bad usage or configuration, 3 conflict, 4 an upstream or \
            the database could not be reached.
            """,
        version: "0.1.0",
        subcommands: [
            DemoCommand.self, ServeCommand.self, DatabaseCommand.self, SyncCommand.self,
            ObserveCommand.self, CaptureCommand.self, BackfillCommand.self, AssertionsCommand.self,
            ViewCommand.self, AnalysisCommand.self, AlertsCommand.self, ResearchCommand.self,
            BrokerCommand.self, ProjectionCommand.self, RulesCommand.self, AuditCommand.self,
            WitnessCommand.self, ExportCommand.self, ArchiveCommand.self, BackupCommand.self, SimulateCommand.self,
        ])

    /// The program and its version, as files name them.
    static var program: String { "alpha-ledger version \(configuration.version)" }

    static func main() async {
        // If the reader has gone away, as with `| head`, a print ends with an error instead of a signal.
        signal(SIGPIPE, SIG_IGN)
        if let problem = CommandNames.problem(Array(CommandLine.arguments.dropFirst()), Self.self) {
            Output.error(problem)
            Glibc.exit(2)
        }
        let task = Task {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        }
        await Interruption.watch(cancelling: task)
        do {
            try await task.value
        } catch {
            end(error)
        }
        Output.flush()
        if let reason = Output.fault {
            Output.error("the result could not be written: \(reason)")
            Glibc.exit(1)
        }
    }

    /// Reports an error and ends the program with the error's exit code.
    private static func end(_ error: any Error) -> Never {
        if let failure = Interruption.hasCome ? Failure(code: 1, "interrupted") : Failure(error) {
            Output.error(failure.message)
            Glibc.exit(failure.code)
        }
        // The parser prints help and usage. Its code for bad usage (64) becomes 2 here.
        let code = exitCode(for: error)
        let text = fullMessage(for: error)
        if !text.isEmpty { code == .success ? Output.line(text) : Output.errorText(text) }
        Output.flush()
        Glibc.exit(code == .success ? 0 : code == .validationFailure ? 2 : code.rawValue)
    }
}
