package import LedgerJSON
import LedgerStore
package import LedgerValues
package import OptionTrades

/// The times of a contract's market date of which a tape has no quotes, and why.
package struct TapeCoverage: Sendable {
    package struct Missing: Sendable, Equatable {
        package let from: Instant
        /// When quotes are known again; nil for the end of the day.
        package let to: Instant?
        /// `not_captured`, or the reason of a gap.
        package let reason: String
    }

    package let source: FlowSource
    package let symbol: String
    package let marketDate: CalendarDate
    package private(set) var missing: [Missing] = []

    private static let notCaptured = "not_captured"

    /// Of every contract of a folder, in the order of the folder.
    package static func read(_ folder: String) throws -> [TapeCoverage] {
        try FlowPartitions(folder, maximumContracts: .max).partitions.map { partition in
            var coverage = TapeCoverage(source: partition.source, symbol: "\(partition.symbol)", marketDate: partition.marketDate)
            let quotes = try partition.quotes.map { try FlowPartitions.contents("\(partition.path)/\($0)", of: folder) } ?? []
            coverage.take(Tape.lines(of: quotes))
            return coverage
        }
    }

    private init(source: FlowSource, symbol: String, marketDate: CalendarDate) {
        (self.source, self.symbol, self.marketDate) = (source, symbol, marketDate)
    }

    private mutating func take(_ lines: [ArraySlice<UInt8>]) {
        let start = marketDate.advanced(byDays: -1).flatMap { NewYorkDay.end(of: $0) } ?? .minimum
        var open: (from: Instant, reason: String)? = (start, Self.notCaptured)
        for line in lines {
            guard let root = (try? JSONDocument(parsing: Array(line)))?.root,
                let time = root["timestamp"]?.string.flatMap({ TapeInstant($0) })?.instant
            else { continue }
            if let reason = root["gap"]?.string {
                open = open ?? (time, reason)
            } else if let gap = open {
                // A quote may be older than the first question for it.
                if gap.from < time { missing.append(Missing(from: gap.from, to: time, reason: gap.reason)) }
                open = nil
            }
        }
        if let open { missing.append(Missing(from: open.from, to: nil, reason: open.reason)) }
    }

    package var node: JSONNode {
        .object([
            ("source", .string(source.rawValue)), ("symbol", .string(symbol)), ("market_date", .string("\(marketDate)")),
            (
                "missing",
                .array(
                    missing.map {
                        .object([
                            ("from", .string("\($0.from)")), ("to", $0.to.map { .string("\($0)") } ?? .null),
                            ("reason", .string($0.reason)),
                        ])
                    })
            ),
        ])
    }
}
