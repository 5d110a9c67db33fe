import Glibc
import LedgerJSON
import LedgerStore
import LedgerValues
import OptionTrades

/// Why quotes of a tape are not known for a while.
package enum TapeGap: String, Sendable, CaseIterable {
    /// The capture was ended.
    case stopped
    /// The capture died, and the time of its last answer is not known.
    case died
    /// The vendor did not answer.
    case failed
}

/// The file of a contract's quotes while it grows: a line for each quote that differs from the one before, and a line for each gap.
///
/// A line of a gap is a quote without bid and ask, so that no trade after it is judged by a quote of before. Of a quote that is still
/// the latest one after a gap it is known that it was in force all along: then there is no such line.
struct TapeQuotes {
    private let folder: String
    /// Below the folder.
    private let place: String
    private let path: String
    private var last: (line: [UInt8], time: TapeInstant)?
    private var gap: (from: Instant, reason: TapeGap)?
    /// The size of the file before the line of the gap; nil if that is not written.
    private var sizeBeforeGap: Int?
    /// Quotes that were written by this one.
    private(set) var written = 0

    /// Takes up the file where it stopped. A line that was cut off by the end of a program is removed.
    ///
    /// - Parameters:
    ///   - place: of the file below the folder.
    ///   - folder: of the tapes.
    init(_ place: String, below folder: String) throws {
        (self.folder, self.place) = (folder, place)
        path = "\(folder)/\(place)"
        guard access("\(path).gz", F_OK) != 0 else {
            throw FlowProblem("\(path).gz is there; expected the quotes of a day that goes on as \(path)")
        }
        guard access(path, F_OK) == 0 else { return }
        let bytes = try LedgerFiles.read(path)
        let end = bytes.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        if end < bytes.count { try shorten(to: end) }
        let lines = bytes[..<end].split(separator: UInt8(ascii: "\n"))
        guard var line = lines.last else { return }
        if let gap = try gap(in: line) {
            self.gap = gap
            sizeBeforeGap = line.startIndex
            guard lines.count > 1 else { throw FlowProblem("\(path): expected a quote before a gap") }
            line = lines[lines.count - 2]
        }
        let time = try time(of: line)
        last = (Array(line), time)
        if gap == nil { gap = (Self.after(time.instant), .died) }
    }

    private static func after(_ instant: Instant) -> Instant { instant.advanced(byMicroseconds: 1) ?? instant }

    private func time(of line: ArraySlice<UInt8>) throws -> TapeInstant {
        guard let root = (try? JSONDocument(parsing: Array(line)))?.root,
            let time = root["timestamp"]?.string.flatMap({ TapeInstant($0) })
        else { throw FlowProblem("\(path): expected a quote with a timestamp in the last line") }
        return time
    }

    private func gap(in line: ArraySlice<UInt8>) throws -> (from: Instant, reason: TapeGap)? {
        guard let root = (try? JSONDocument(parsing: Array(line)))?.root,
            let reason = root["gap"]?.string.flatMap({ TapeGap(rawValue: $0) })
        else { return nil }
        return (try time(of: line).instant, reason)
    }

    /// Takes over the latest quote of the vendor.
    mutating func take(_ quote: JSONNode, at time: TapeInstant) throws {
        let line = quote.httpBytes()
        let isSame = last?.line == line
        if gap != nil {
            if isSame {
                if let size = sizeBeforeGap { try shorten(to: size) }
            } else {
                try writeGap()
            }
            (gap, sizeBeforeGap) = (nil, nil)
        }
        if isSame { return }
        try append(line)
        written += 1
        last = (line, time)
    }

    /// Says that quotes are not known from a moment on. Without effect if that was said already.
    mutating func interrupt(from instant: Instant, _ reason: TapeGap) {
        guard gap == nil, let last else { return }
        gap = (max(instant, Self.after(last.time.instant)), reason)
    }

    /// Writes the gap if there is one.
    mutating func writeGap() throws {
        guard let gap, sizeBeforeGap == nil else { return }
        let empty = ["bid", "ask", "bid_size", "ask_size"].map { ($0, JSONNode.null) }
        let line = JSONNode.object([("timestamp", .string("\(gap.from)"))] + empty + [("gap", .string(gap.reason.rawValue))])
        sizeBeforeGap = try append(line.httpBytes())
    }

    /// Appends a line whole, or nothing. Returns the size of the file before.
    @discardableResult
    private func append(_ line: [UInt8]) throws -> Int {
        if access(path, F_OK) != 0 {
            // The folders are made with the first line.
            try TapeCapture.write(line + [UInt8(ascii: "\n")], to: place, below: folder)
            return 0
        }
        guard let file = fopen(path, "ab") else { throw problem() }
        fseek(file, 0, SEEK_END)
        let size = ftell(file)
        let bytes = line + [UInt8(ascii: "\n")]
        let count = bytes.withUnsafeBytes { fwrite($0.baseAddress, 1, $0.count, file) }
        guard fclose(file) == 0, count == bytes.count else {
            let problem = problem()
            truncate(path, size)
            throw problem
        }
        return size
    }

    private func shorten(to size: Int) throws {
        guard truncate(path, size) == 0 else { throw problem() }
    }

    private func problem() -> FlowProblem { FlowProblem("\(path) can't be written: \(String(cString: strerror(errno)))") }
}
