import LedgerValues
import OptionTrades

/// The lines of a CSV file: its header, observations of a line each, and observations whose rows are lines.
///
/// The lines of one observation with rows stand together. It is held until another line follows.
struct CSVLines: Sendable {
    private let options: ImportOptions
    private var reader: CSVObservation?
    private var group: RowGroup?
    /// The observations with rows that are complete.
    private var finished: Set<String> = []

    init(_ options: ImportOptions) { self.options = options }

    /// Reports a record. Returns false if it is an unusable header.
    mutating func tell(
        _ record: CSVReader.Record, _ fault: LineFault?, _ body: (MarketDataReader.Line) throws -> Void
    ) rethrows -> Bool {
        if record.isEmpty, fault == nil { return true }
        guard let known = reader else {
            let unusable: LineFault
            do throws(LineFault) {
                if let fault { throw fault }
                reader = try CSVObservation(header: record, options: options)
                return true
            } catch {
                unusable = error
            }
            try body((record.line, .failure(LineFault("\(unusable.reason); nothing below the header was read"))))
            return false
        }
        let content: Result<CSVObservation.Content, LineFault>
        do throws(LineFault) {
            if let fault { throw fault }
            content = .success(try known.read(record))
        } catch {
            content = .failure(error)
        }
        switch content {
        case .success(.observation(let observation)):
            try finish(body)
            try body((record.line, .success(observation)))
        case .success(.row(let row)): try take(row, record.line, body)
        case .failure(let fault):
            group?.addFault()
            try body((record.line, .failure(fault)))
        }
        return true
    }

    private mutating func take(
        _ line: RowLine, _ number: Int, _ body: (MarketDataReader.Line) throws -> Void
    ) rethrows {
        if !(group?.identity.isBytewiseEqual(to: line.identity) ?? false) {
            try finish(body)
            guard !finished.contains(line.identity) else {
                let fault = LineFault("belongs to an observation whose lines ended before: the lines of one stand together")
                return try body((number, .failure(fault)))
            }
            group = RowGroup(line, number: number)
        }
        var fault: LineFault?
        do throws(LineFault) { try group?.add(line, number: number) } catch { fault = error }
        if let fault { try body((number, .failure(fault))) }
    }

    /// Reports the observation whose lines were read last, if it has rows.
    mutating func finish(_ body: (MarketDataReader.Line) throws -> Void) rethrows {
        guard let done = group else { return }
        group = nil
        finished.insert(done.identity)
        for line in done.observations() { try body(line) }
    }
}
