import LedgerEvents
package import OptionTrades

/// Reads a file of observations in pieces of any size and never holds more than one line.
///
/// It skips blank lines and a byte order mark.
package struct MarketDataReader: Sendable {
    private enum Source: Sendable {
        case ndjson(LineReader, JSONObservation)
        case csv(CSVReader, CSVLines)
        /// The header is unusable, so nothing below it is read.
        case unreadable
    }

    private let options: ImportOptions
    private var source: Source
    /// The part of a byte order mark read so far at the start. Nil after it.
    private var mark: [UInt8]? = []

    package init(_ options: ImportOptions) {
        self.options = options
        switch options.format {
        case .ndjson: source = .ndjson(LineReader(), JSONObservation(options: options))
        case .csv: source = .csv(CSVReader(), CSVLines(options))
        }
    }

    /// The report on a line: its number from 1, and the observation or the line's fault.
    package typealias Line = (number: Int, content: Result<MarketObservedPayload, LineFault>)

    /// Reads the next piece and reports the lines that end in it.
    package mutating func read(_ piece: Span<UInt8>, _ body: (Line) throws -> Void) rethrows {
        guard mark != nil else { return try readOn(piece, body) }
        var used = 0
        while used < piece.count, var held = mark {
            guard held.count < Self.byteOrderMark.count, piece[used] == Self.byteOrderMark[held.count] else {
                mark = nil
                if held.count < Self.byteOrderMark.count { try readOn(held.span, body) }
                break
            }
            held.append(piece[used])
            used += 1
            mark = held.count == Self.byteOrderMark.count ? nil : held
        }
        if used < piece.count { try readOn(piece.extracting(used..<piece.count), body) }
    }

    private static let byteOrderMark: [UInt8] = [0xef, 0xbb, 0xbf]

    /// Reads the end of the file, which may end a last line without a line break.
    package mutating func finish(_ body: (Line) throws -> Void) rethrows {
        if let held = mark, !held.isEmpty {
            mark = nil
            try readOn(held.span, body)
        }
        switch source {
        case .ndjson(var lines, let reader):
            try lines.finish { try Self.tell(reader, $0, $1, body) }
            source = .ndjson(lines, reader)
        case .csv(var records, var reader):
            var isUsable = true
            try records.finish { isUsable = try reader.tell($0, $1, body) && isUsable }
            try reader.finish(body)
            source = isUsable ? .csv(records, reader) : .unreadable
        case .unreadable: break
        }
    }

    private mutating func readOn(_ piece: Span<UInt8>, _ body: (Line) throws -> Void) rethrows {
        switch source {
        case .ndjson(var lines, let reader):
            source = .unreadable
            try lines.read(piece) { try Self.tell(reader, $0, $1, body) }
            source = .ndjson(lines, reader)
        case .csv(var records, var reader):
            source = .unreadable
            var isUsable = true
            try records.read(piece) { record, fault in
                if isUsable { isUsable = try reader.tell(record, fault, body) }
            }
            source = isUsable ? .csv(records, reader) : .unreadable
        case .unreadable: break
        }
    }

    private static func tell(
        _ reader: JSONObservation, _ number: Int, _ line: [UInt8]?, _ body: (Line) throws -> Void
    ) rethrows {
        guard let line else {
            return try body((number, .failure(LineFault("is longer than \(maximumRecordLength) bytes"))))
        }
        if line.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: "\r") }) {
            return
        }
        let content: Result<MarketObservedPayload, LineFault>
        do throws(LineFault) { content = .success(try reader.read(line)) } catch { content = .failure(error) }
        try body((number, content))
    }
}
