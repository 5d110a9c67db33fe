import EmbeddedPostgres
import Foundation
import LedgerStore
import LedgerValues
package import Logging
package import Operations
import OptionTrades

/// Whole histories from a seed, on a real Postgres, with what must hold checked after each step.
///
/// A step draws from a generator of its own, which follows from the seed and the step's number. A history so can be run again with
/// fewer of its steps.
package struct Simulator: Sendable {
    /// What a history came to.
    package struct Report: Sendable {
        package let seed: UInt64
        package let steps: Int
        package let events: Int64
        package let checks: Int
        package let failure: SimulationFailure?
    }

    private let resources: Resources
    private let logger: Logger
    private let binaries: String?
    /// The database of the one history; nil for a server of each history's own.
    private let uri: String?
    /// Called after each step, for tests that spoil something.
    private let interfere: @Sendable (_ step: Int) async throws -> Void
    private static let mostShrinkingRuns = 40

    /// - Parameters:
    ///   - uri: an empty database, which keeps the history; nil for an embedded server that is removed with it
    ///   - binaries: the directory of the embedded server's programs; nil to search for them
    package init(
        _ resources: Resources, uri: String? = nil, binaries: String? = nil, logger: Logger = Logger(label: "alpha-ledger"),
        interfere: @escaping @Sendable (_ step: Int) async throws -> Void = { _ in }
    ) {
        (self.resources, self.uri, self.binaries, self.logger) = (resources, uri, binaries, logger)
        self.interfere = interfere
    }

    /// Runs steps until the log has a number of events, or the steps of the given numbers alone.
    package func run(
        seed: UInt64, events: Int64, steps: [Int]? = nil, progress: @Sendable (_ step: Int, _ events: Int64) -> Void = { _, _ in }
    ) async throws -> Report {
        let place = "/tmp/alpha-ledger-simulation-\(UUID().uuidString.prefix(8).lowercased())"
        try FileManager.default.createDirectory(
            atPath: place, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o711])
        defer { try? FileManager.default.removeItem(atPath: place) }
        let home = try SimulationHome(place, from: resources)
        if let uri { return try await run(seed, uri, home, events, steps, progress) }
        // Nothing of it has to survive a crash of the machine.
        let server = try await EmbeddedPostgres.start(
            .init(
                dataDirectory: place + "/data", binaries: binaries,
                options: ["fsync": "off", "alpha_ledger.allow_unsafe_durability": "on", "shared_buffers": "64MB"]), log: logger)
        let result: Result<Report, any Error>
        do { result = .success(try await run(seed, server.uri, home, events, steps, progress)) } catch { result = .failure(error) }
        await server.stop()
        return try result.get()
    }

    private func run(
        _ seed: UInt64, _ uri: String, _ home: SimulationHome, _ events: Int64, _ steps: [Int]?,
        _ progress: @Sendable (Int, Int64) -> Void
    ) async throws -> Report {
        let migrator = Migrator(try resources.files.migrations(), TradeLedger.names)
        guard try await DatabaseStatus.read(uri, migrator).schemaVersion == 0 else { throw SimulatorError.notEmpty }
        let run = try await SimulationRun.begin(seed: seed, uri: uri, home, logger)
        var (number, count) = (0, 0)
        func report(_ failure: SimulationFailure?) -> Report {
            Report(seed: seed, steps: count, events: run.position, checks: run.checks, failure: failure)
        }
        let result: Result<Report, any Error>
        do {
            while true {
                try Task.checkCancellation()
                if let steps {
                    guard count < steps.count else { break }
                    number = steps[count]
                } else {
                    guard run.position < events else { break }
                    number = count
                }
                try await run.run(number)
                count += 1
                progress(count, run.position)
                try await interfere(number)
            }
            try await run.finish(number)
            result = .success(report(nil))
        } catch var failure as SimulationFailure {
            failure.steps = steps.map { Array($0.prefix(count + 1)) }
            result = .success(report(failure))
        } catch {
            result = .failure(error)
        }
        await run.end()
        return try result.get()
    }

    /// Looks for fewer steps that still fail, by leaving out halves, quarters and so on. Takes as many runs as that needs, and
    /// 40 at most. Needs servers of its own.
    package func shrink(
        _ failure: SimulationFailure, progress: @Sendable (_ steps: Int) -> Void = { _ in }
    ) async throws -> SimulationFailure {
        var best = failure
        var steps = failure.steps ?? Array(0...failure.number)
        var runs = 0
        var size = max(1, steps.count / 2)
        while uri == nil {
            var start = 0
            var isShorter = false
            while start < steps.count, runs < Self.mostShrinkingRuns {
                // The last step is the one that showed it.
                let end = min(start + size, steps.count - 1)
                guard end > start else { break }
                let fewer = Array(steps[..<start] + steps[end...])
                runs += 1
                if let found = try await run(seed: failure.seed, events: 0, steps: fewer).failure {
                    best = found
                    let shown = fewer.firstIndex(of: found.number).map { Array(fewer[...$0]) } ?? fewer
                    (steps, isShorter) = (shown, true)
                    progress(steps.count)
                } else {
                    start = end
                }
            }
            if runs >= Self.mostShrinkingRuns { break }
            if size > 1 { size /= 2 } else if !isShorter { break }
        }
        best.steps = steps
        return best
    }
}

/// Why no history was run.
package enum SimulatorError: Error, CustomStringConvertible {
    case notEmpty

    package var description: String { "the database has a ledger already: a simulation needs an empty database" }
}
