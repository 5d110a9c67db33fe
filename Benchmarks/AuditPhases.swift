import LedgerStore
import Operations
import Synchronization

/// The time that the last measured audit spent in each of its phases.
final class AuditPhases: Sendable {
    private let begun = Mutex<[(name: String, at: ContinuousClock.Instant)]>([])

    /// Runs an audit that reports its progress to a closure, and returns its seconds.
    func measure(_ audit: (@Sendable (Ledger.AuditProgress) -> Void) async throws -> Void) async throws -> Double {
        begun.withLock { $0.removeAll() }
        let seconds = try await Bench.seconds {
            note("log")
            try await audit { [self] progress in
                guard case .projections(let progress) = progress else { return }
                note(progress.phase.rawValue)
            }
        }
        note("end")
        return seconds
    }

    private func note(_ name: String) {
        begun.withLock { phases in
            if phases.last?.name != name { phases.append((name, .now)) }
        }
    }

    /// The microseconds an event of each phase.
    func description(each events: Int) -> String {
        begun.withLock { phases in
            zip(phases, phases.dropFirst()).map { phase, next in
                let seconds = (next.at - phase.at) / .seconds(1)
                return "\(phase.name) \(Bench.fixed(seconds * 1_000_000 / Double(events)))"
            }.joined(separator: ", ") + " µs an event"
        }
    }
}
