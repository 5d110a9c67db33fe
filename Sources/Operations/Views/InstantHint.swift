public import Values

extension Instant {
    /// What is expected in the place of a text that is no instant; of a date it says which instants it may mean.
    public static func expected(insteadOf text: String) -> String {
        let example = "an instant such as 2026-01-31T00:00:00Z"
        guard let date = CalendarDate(text), let start = date.start,
            let end = start.advanced(byMicroseconds: 86_400_000_000)
        else { return example }
        return "\(example); a date is a whole day: \(start) is its start, \(end) its end"
    }
}
