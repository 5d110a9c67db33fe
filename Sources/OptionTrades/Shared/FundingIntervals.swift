package import LedgerRules
import LedgerValues

/// How often venues pay funding (`shared/funding_intervals.v<N>.yaml`).
package final class FundingIntervals: Sendable {
    /// The hours for which a vendor's rate stands.
    package static let publishedHours = 8

    package let file: RuleFile
    private let hours: [ByteKey: Int]

    package init(path: String, read: RuleFileReader) throws {
        let document = try RuleDocument(path: path, kind: "funding_intervals", read: read)
        try document.root.allowOnly(["rules", "version", "hourly", "eight_hours"])
        file = document.file
        var found: [ByteKey: Int] = [:]
        for (list, interval) in [("hourly", 1), ("eight_hours", Self.publishedHours)] {
            for venue in try document.root.texts(list) {
                guard found.updateValue(interval, forKey: ByteKey(venue)) == nil else {
                    throw try document.root.member(list).fail("names \(venue) twice")
                }
            }
        }
        hours = found
    }

    /// The hours between two payments of a venue. Nil if they are not known.
    package func hours(of venue: String) -> Int? { hours[ByteKey(venue)] }
}
