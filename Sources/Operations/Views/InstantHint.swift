package import LedgerValues

extension Instant {
    /// The expected form, for an error about a text that is not an instant. For a date it names the instants that may
    /// be meant.
    package static func expected(insteadOf text: String) -> String {
        let example = "an instant such as 2026-01-31T00:00:00Z"
        guard let date = CalendarDate(text), let start = date.start,
            let end = start.advanced(byMicroseconds: 86_400_000_000)
        else { return example }
        return "\(example); a date is a whole day: \(start) is its start, \(end) its end"
    }
}
