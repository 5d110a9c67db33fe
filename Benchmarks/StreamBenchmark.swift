import LedgerEvents
import LedgerPostgres
import LedgerStore
import Operations

/// Events to 1,000 open streams. It checks that every stream receives every event once, and measures the delay, the
/// rate and the memory. The readers run in the same process and share its cores.
enum StreamBenchmark {
    private static let subscribers = 1000
    private static let appends = 200
    private static let burst = 2000

    static func run(_ ledger: Ledger, port: Int) async throws {
        Bench.text("opening \(subscribers) event streams …")
        let before = try Bench.residentMebibytes()
        var head = try await ledger.pool.run { session in try LogReader().head(session).position }
        let readers = try StreamReaders(count: subscribers, port: port, head: head)
        defer { readers.close() }
        let open = try Bench.residentMebibytes()
        var milliseconds: [Double] = []
        for number in 0..<appends {
            head += 1
            milliseconds += try await readers.deliver(upTo: head) {
                try await AppendBenchmark.append([GeneratedExecutions.payload(90_000_000 + number)], to: ledger)
            }
        }
        milliseconds.sort()
        Bench.text(
            "from an append's beginning until a stream has its event: p50 \(Bench.fixed(milliseconds[milliseconds.count / 2])) ms, "
                + "p99 \(Bench.fixed(milliseconds[milliseconds.count * 99 / 100])) ms (\(milliseconds.count) deliveries)")
        head += Int64(burst)
        var last = 0.0
        let seconds = try await Bench.seconds {
            last =
                try await readers.deliver(upTo: head) {
                    try await AppendBenchmark.append((0..<burst).map { GeneratedExecutions.payload(91_000_000 + $0) }, to: ledger)
                }.max() ?? 0
        }
        Bench.text(
            "a burst of \(burst) events: \(Int(Double(burst * subscribers) / seconds)) events/s delivered, all of them after \(Bench.fixed(last)) ms"
        )
        Bench.text(
            "every stream had every event once, in order; resident \(before) MiB before, \(open) MiB with the streams open, "
                + "\(try Bench.residentMebibytes()) MiB after the burst")
    }
}
