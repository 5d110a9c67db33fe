import EventLedger
import Foundation
import OptionTrades

/// A source of executions of its own: the fills that a desk keeps in a file, `id,changed,side,quantity,price` a line.
struct CSVFills: ExecutionSource {
    let path: String
    let scope: ExecutionScope
    let feedName = "desk_file"

    init(path: String, source: String = "desk_fills") throws {
        self.path = path
        scope = try ExecutionScope(source: source, portfolios: ["DESK"])
    }

    func redact(_ row: JSONValue) -> JSONValue { row }

    /// A line is a JSON string: it is what a rejected row shows.
    func normalize(_ row: JSONValue) -> NormalizedRow {
        let fields = (row.string ?? "").split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        func rejected(_ reason: String) -> NormalizedRow {
            .rejected(raw: row.sourceText, reasons: [reason], sourceTradeID: fields.first, unknownKeys: [])
        }
        guard fields.count == 5 else { return rejected("invalid:row") }
        guard let changed = Instant(fields[1]) else { return rejected("invalid:changed") }
        guard let side = Direction(rawValue: fields[2]) else { return rejected("invalid:side") }
        guard let quantity = try? FixedDecimal(fields[3]) else { return rejected("invalid:quantity") }
        guard let price = try? FixedDecimal(fields[4]) else { return rejected("invalid:price") }
        var execution = ExecutionRow(
            source: scope.source, sourceTradeID: fields[0], sourceUpdatedAt: changed, tradeDate: changed, tradeStatus: .filled)
        execution.sourcePortfolio = "DESK"
        execution.direction = side
        execution.quantity = quantity
        execution.price = price
        return .accepted(execution, unknown: [])
    }

    nonisolated(nonsending) func pages(
        _ query: SourceQuery, onPage: (JSONElements, Int) async throws -> Void
    ) async throws -> SourceRunEnd {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw SourceError(.unreachable, code: "no_file", "the fills can't be read")
        }
        let lines = text.split(separator: "\n").map { JSONNode.string(String($0)) }
        let document = try JSONDocument(parsing: JSONNode.array(lines).canonicalBytes())
        try await onPage(document.root.elements, 0)
        let changes = text.split(separator: "\n").compactMap { line in
            line.split(separator: ",").dropFirst().first.flatMap { Instant(String($0)) }
        }
        return SourceRunEnd(pages: 1, lastCursor: nil, watermark: changes.max())
    }
}

extension CSVFills {
    /// The source as a program registers it: the path of the file is its one setting.
    static let definition = ExecutionSourceDefinition(
        name: "desk_fills", settings: [Setting("DESK_FILLS_FILE")], check: { _ in },
        reader: { values, _ throws(SettingProblem) in try CSVFills(values) },
        open: { values, request throws(SettingProblem) in try CSVFills(values, request) })

    private init(_ values: SettingValues, _ request: SourceRequest = SourceRequest()) throws(SettingProblem) {
        guard let path = request.address ?? values["DESK_FILLS_FILE"] else {
            throw SettingProblem("DESK_FILLS_FILE is not set: expected the path of a file")
        }
        do { try self.init(path: path) } catch { throw SettingProblem("\(error)") }
    }
}
