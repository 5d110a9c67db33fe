import ArgumentParser
import Foundation
import LedgerJSON
import LedgerValues
import Logging
import Operations
import OptionTrades

struct BrokerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "broker", abstract: "Orders through a broker: at most one an intent, ever.",
        subcommands: [Intend.self, Dispatch.self, Halt.self, Resume.self, Cancel.self, Reconcile.self])

    /// The source that a command means, and its broker.
    struct Choice: ParsableArguments {
        @Flag(help: "The live account; ALPACA_LIVE=true must be set too.") var live = false
        @Flag(help: "The bundled sample broker, whose orders end with this command.") var sample = false

        var source: BrokerSource { sample ? .sampleBroker : live ? .alpacaLive : .alpacaPaper }

        func validate() throws {
            if live && sample { throw ValidationError("--sample and --live exclude each other") }
        }

        func connection(_ settings: Settings) throws -> BrokerConnection {
            sample ? try BrokerConnection.sample() : try BrokerConnection(settings.values, live: live)
        }
    }

    struct Intend: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Record what is to be traded.",
            discussion: """
                An id that comes again with the same content is the same intent.

                Example:
                  alpha-ledger broker intend '{"intent_id":"I-1","ticker":"SPY","instrument_type":"CALL","action":"BUY","strategy":"day_trade"}'
                """)

        @OptionGroup var options: SettingsOptions
        @OptionGroup var choice: Choice
        @Argument(help: "The intent as a JSON object.") var intent: String?
        @Option(help: "A file with an intent a line.") var file: String?
        @Flag(help: "Print the intents as JSON.") var json = false

        func validate() throws {
            if (intent == nil) == (file == nil) { throw ValidationError("expected an intent or --file") }
        }

        func run() async throws {
            let lines: [String] =
                try file.map { path in
                    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
                        throw Failure(code: 2, "--file: \(path) can't be read")
                    }
                    return text.split(separator: "\n").map(String.init)
                } ?? [intent ?? ""]
            try await options.withLedger { ledger in
                let desk = BrokerDesk(ledger, source: choice.source)
                for line in lines {
                    guard let document = try? JSONDocument(parsing: Array(line.utf8)) else {
                        throw Failure(code: 2, "the intent is not JSON")
                    }
                    let (intent, taken) = try await brokerResult { try await desk.intend(document.root, requestedBy: "command line") }
                    if json {
                        Output.bytes(FieldCoder.node(intent).httpBytes() + [UInt8(ascii: "\n")])
                    } else {
                        Output.line("\(intent.intentID): \(taken.rawValue), expires at \(intent.expiresAt)")
                    }
                }
            }
        }
    }

    struct Dispatch: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Decide on intents, submit orders and follow them, until it is interrupted.",
            discussion: """
                One dispatcher a source: another one waits for the lease.

                Without credentials nothing is dispatched, unless --sample asks for the bundled broker.

                Examples:
                  alpha-ledger broker dispatch
                  alpha-ledger broker dispatch --once
                  alpha-ledger broker dispatch --sample
                """)

        @OptionGroup var options: SettingsOptions
        @OptionGroup var choice: Choice
        @Flag(help: "One round, then stop.") var once = false
        @Option(help: "A file with waits as a JSON object; only with a broker on loopback.") var timings: String?

        func run() async throws {
            let settings = try options.settings(defaultLevel: .info)
            let connection = try choice.connection(settings)
            let waits = try timings.map { path in
                guard let bytes = FileManager.default.contents(atPath: path) else {
                    throw Failure(code: 2, "--timings: \(path) can't be read")
                }
                return Array(bytes)
            }
            try await options.withLedger(settings) { ledger in
                let runner = try await DispatchRunner(ledger, connection, timings: waits)
                guard once else { return await runner.run() }
                let round = try await brokerResult { try await runner.once() }
                await runner.end()
                for problem in round.problems { Output.warning(ledger.redact(problem)) }
                Output.line("submitted \(round.submitted), sent again \(round.resent), simulated \(round.simulated)")
            }
        }
    }

    struct Halt: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let no order leave any more, at once and for all processes.",
            discussion: """
                Example:
                  alpha-ledger broker halt --why 'the quotes look wrong'
                """)

        @OptionGroup var options: SettingsOptions
        @OptionGroup var choice: Choice
        @Option(help: "Why.") var why: String

        func run() async throws {
            try await atDesk(options, choice) { desk in
                try await desk.halt(requestedBy: "command line", why: why) ? "halted" : "it is halted already"
            }
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let orders leave again.",
            discussion: """
                Example:
                  alpha-ledger broker resume --why 'the quotes are right again'
                """)

        @OptionGroup var options: SettingsOptions
        @OptionGroup var choice: Choice
        @Option(help: "Why.") var why: String

        func run() async throws {
            try await atDesk(options, choice) { desk in
                try await desk.resume(requestedBy: "command line", why: why) ? "resumed" : "it is not halted"
            }
        }
    }

    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Cancel an intent, or ask for its order's cancellation.",
            discussion: """
                Example:
                  alpha-ledger broker cancel I-1 --why 'changed my mind'
                """)

        @OptionGroup var options: SettingsOptions
        @OptionGroup var choice: Choice
        @Argument(help: "The intent's id.") var intent: String
        @Option(help: "Why.") var why: String

        func run() async throws {
            try await atDesk(options, choice) { desk in try await desk.cancel(intent, requestedBy: "command line", why: why) }
        }
    }

    struct Reconcile: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Compare the broker's positions with the ledger's; exits 1 on a difference that nothing explains.",
            discussion: """
                Example:
                  alpha-ledger broker reconcile --orders --json
                """)

        @OptionGroup var options: SettingsOptions
        @OptionGroup var choice: Choice
        @Flag(help: "Compare all orders too; needed after another account or a restored ledger.") var orders = false
        @Flag(help: "Print the comparison as JSON.") var json = false

        func run() async throws {
            let settings = try options.settings()
            let connection = try choice.connection(settings)
            let (node, differences) = try await options.withLedger(settings) { ledger in
                let runner = try await DispatchRunner(ledger, connection)
                return try await brokerResult { try await runner.reconcile(orders: orders) }
            }
            if json { Output.bytes(node.httpBytes() + [UInt8(ascii: "\n")]) } else { Output.line("\(differences) differences") }
            if differences > 0 { throw ExitCode(1) }
        }
    }
}

/// Prints what a change at a source's desk says of itself.
private func atDesk(
    _ options: SettingsOptions, _ choice: BrokerCommand.Choice, _ change: @Sendable (BrokerDesk) async throws -> String
) async throws {
    try await options.withLedger { ledger in
        Output.line(try await brokerResult { try await change(BrokerDesk(ledger, source: choice.source)) })
    }
}

/// The result of an operation, its refusals as failures of the command.
private func brokerResult<Value>(_ body: () async throws -> Value) async throws -> Value {
    do {
        return try await body()
    } catch let error as BrokerError {
        let code: Int32 =
            switch error {
            case .badField, .notConfigured: 2
            case .differentIntent, .otherDispatcher, .refused: 3
            case .unreachable: 4
            case .unknownIntent, .ended: 1
            }
        throw Failure(code: code, "\(error)")
    } catch let error as Dispatcher.ReconcileError {
        throw Failure(code: 4, "\(error)")
    }
}
