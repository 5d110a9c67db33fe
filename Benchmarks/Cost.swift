import Foundation
import LedgerPostgres
import Operations

/// The cost of a piece of work.
///
/// On a shared machine, seconds say little; processor time measures the work itself.
struct Cost {
    /// The seconds on the clock.
    var seconds = 0.0
    /// The processor seconds of this program.
    var program = 0.0
    /// The processor seconds of the database server with all its processes.
    var server = 0.0

    var processor: Double { program + server }

    static func of(_ ledger: Ledger, _ body: () async throws -> Void) async throws -> Cost {
        let before = try await used(ledger)
        var cost = Cost(seconds: try await Bench.seconds(body))
        let after = try await used(ledger)
        cost.program = after.program - before.program
        cost.server = after.server - before.server
        return cost
    }

    static func + (left: Cost, right: Cost) -> Cost {
        Cost(seconds: left.seconds + right.seconds, program: left.program + right.program, server: left.server + right.server)
    }

    static func += (left: inout Cost, right: Cost) { left = left + right }

    /// The processor time in microseconds per piece.
    func processor(each count: Int) -> String {
        func each(_ seconds: Double) -> String { Bench.fixed(seconds / Double(count) * 1_000_000) }
        return "\(each(processor)) µs of a processor an event (program \(each(program)), server \(each(server)))"
    }

    /// The processor time used so far, without seconds on the clock.
    private static func used(_ ledger: Ledger) async throws -> Cost {
        let backend = try await ledger.pool.run { try $0.execute("SELECT pg_backend_pid()")[0].int4(0) }
        guard let postmaster = try Process(Int(backend)).map(\.parent), let server = try Process(postmaster) else {
            throw BenchmarkError("the server runs on another machine")
        }
        var ticks = server.ticks + server.ticksOfEnded
        for name in try FileManager.default.contentsOfDirectory(atPath: "/proc") {
            // A process may end during the count; its time then counts as the server's.
            if let pid = Int(name), let child = try? Process(pid), child.parent == postmaster { ticks += child.ticks }
        }
        return Cost(
            program: Double(clock()) / Double(CLOCKS_PER_SEC), server: Double(ticks) / Double(sysconf(Int32(_SC_CLK_TCK))))
    }

    /// The fields of `/proc/PID/stat` after the name in parentheses.
    private struct Process {
        let parent: Int
        let ticks: Int
        let ticksOfEnded: Int

        /// Reads the fields; nil if there is no such process.
        init?(_ pid: Int) throws {
            guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return nil }
            let fields = stat[(stat.lastIndex(of: ")") ?? stat.startIndex)...].split(separator: " ")
            guard fields.count > 16, let parent = Int(fields[2]) else { throw BenchmarkError("/proc/\(pid)/stat is odd") }
            func sum(_ range: ClosedRange<Int>) -> Int { fields[range].reduce(0) { $0 + (Int($1) ?? 0) } }
            self.parent = parent
            ticks = sum(12...13)
            ticksOfEnded = sum(14...15)
        }
    }
}
