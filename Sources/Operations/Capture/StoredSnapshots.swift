import LedgerEvents
import LedgerPostgres
import LedgerStore
import LedgerValues
import OptionTrades

/// What the log says of the captures of a series of a market on some days.
struct StoredSnapshots: Sendable {
    /// The latest capture of each hour.
    private(set) var hours: [Instant: SnapshotCapturedPayload] = [:]
    /// The version of each stream that has events.
    private(set) var versions: [ByteKey: Int64] = [:]

    /// - Parameter hours: of the series; one event of each day is enough
    static func load(
        _ series: CaptureSeries, currency: String, of hours: [Instant], _ session: PostgresSession
    ) throws -> StoredSnapshots {
        let streams = Set(hours.map { ByteKey(Streams.snapshot(currency: currency, date: $0.date, type: series.rawValue)) })
        var found = StoredSnapshots()
        if streams.isEmpty { return found }
        try LogReader().forEachEvent(in: .named(streams.map(\.text).sorted()), upTo: .max, session) { version, stored in
            guard let captured = try stored.decoded().payload(as: SnapshotCapturedPayload.self) else { return }
            found.hours[captured.hour] = captured
            found.versions[ByteKey(captured.stream)] = version
        }
        return found
    }

    /// The failures to capture a series of a market, oldest first.
    static func failures(
        _ series: CaptureSeries, currency: String, _ session: PostgresSession
    ) throws -> [CaptureFailedPayload] {
        var failures: [CaptureFailedPayload] = []
        let stream = Streams.capture(currency: currency, type: series.rawValue)
        try LogReader().forEachEvent(in: .named([stream]), upTo: .max, session) { _, stored in
            if let failed = try stored.decoded().payload(as: CaptureFailedPayload.self) { failures.append(failed) }
        }
        return failures
    }
}
