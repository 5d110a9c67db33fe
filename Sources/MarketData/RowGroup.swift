import LedgerEvents
import LedgerValues
import OptionTrades

/// A line of CSV that is one row of an observation with rows: an option of a chain, or a bar.
struct RowLine: Sendable {
    /// The fields of the observation, as the line repeats them.
    var draft: ObservationDraft
    /// The row, or its fault.
    let row: Result<[MarketValue], LineFault>

    /// What the lines of one observation have in common.
    var identity: String { draft.identity }
}

/// Consecutive lines of CSV that are one observation with rows. They become observations when the last of them was read.
struct RowGroup: Sendable {
    private let draft: ObservationDraft
    private let header: String
    private var lines: [(number: Int, row: [MarketValue])] = []
    private let first: Int
    private var faulty = 0
    private var isConverted: Bool
    let identity: String

    /// - Parameter number: of the first line.
    init(_ line: RowLine, number: Int) {
        draft = line.draft
        header = line.draft.header
        isConverted = line.draft.isConverted
        first = number
        identity = line.identity
    }

    /// Takes a line of the observation, or throws its fault.
    mutating func add(_ line: RowLine, number: Int) throws(LineFault) {
        do throws(LineFault) {
            guard line.draft.header.isBytewiseEqual(to: header) else {
                throw LineFault("differs from line \(first) in a field that the lines of one \(draft.kind.rawValue) repeat")
            }
            lines.append((number, try line.row.get()))
            isConverted = isConverted || line.draft.isConverted
        } catch {
            faulty += 1
            throw error
        }
    }

    /// Notes a line between the others that can't be read at all.
    mutating func addFault() { faulty += 1 }

    /// The observations of the lines, each with the number of a line; or why there are none. No row is left out of an
    /// observation because its line is faulty.
    func observations() -> [MarketDataReader.Line] {
        if faulty > 0 {
            let what = "\(faulty) faulty line\(faulty == 1 ? "" : "s") among the lines of one \(draft.kind.rawValue)"
            return [(first, .failure(LineFault("begins an observation that is left out: \(what)")))]
        }
        do throws(LineFault) {
            let sorted = lines.sorted { Self.precedes($0.row, $1.row) }
            for (line, next) in zip(sorted, sorted.dropFirst()) where !Self.precedes(line.row, next.row) {
                throw LineFault("repeats the row of line \(line.number) in line \(next.number)")
            }
            let parts = draft.kind == .optionChain ? MarketRows.parts(sorted, of: draft.kind) { $0.row } : [sorted]
            return try parts.enumerated().map { index, part throws(LineFault) in
                var own = draft
                own.setRows(part.map(\.row), part: index + 1, of: parts.count, isConverted: isConverted)
                return (part.first?.number ?? first, .success(try own.observation()))
            }
        } catch {
            return [(first, .failure(error))]
        }
    }

    /// The order of the rows: options by strike, calls before puts; bars by time.
    private static func precedes(_ row: [MarketValue], _ other: [MarketValue]) -> Bool {
        switch (row[0], other[0]) {
        case (.decimal(let strike), .decimal(let next)):
            guard strike == next, case .optionType(let type) = row[1], case .optionType(let nextType) = other[1] else {
                return strike < next
            }
            return type == .call && nextType == .put
        case (.instant(let time), .instant(let next)): return time < next
        default: return false
        }
    }
}
