/// The layout of a table within a width. Long headers take several lines. Long texts are cut; numbers never are. If
/// that does not suffice, each row becomes a block with one line for each column.
struct TableLayout {
    private let header: [String]
    private let rows: [[String]]
    private let rightAligned: Set<Int>
    private static let gap = 2
    /// A date is still recognizable at this length.
    private static let shortestText = 11

    /// - Parameter rows: rows with as many cells as the header, without control characters
    init(_ header: [String], _ rows: [[String]], rightAligned: Set<Int>) {
        self.header = header
        self.rows = rows
        self.rightAligned = rightAligned
    }

    /// The table's lines, within the width if one is given.
    func lines(width: Int?) -> [String] {
        let natural = header.indices.map { max(header[$0].count, widestCell($0)) }
        guard let width, Self.total(natural) > width else { return written(natural, header.map { [$0] }) }
        let pieces = header.map(Self.pieces)
        // The minimum width of a header is its longest piece, that of a text a few letters.
        let least = pieces.indices.map { column -> Int in
            let head = pieces[column].map(\.count).max() ?? 0
            return max(head, rightAligned.contains(column) ? widestCell(column) : min(widestCell(column), Self.shortestText))
        }
        if Self.total(least) > width { return blocks() }
        var widths = pieces.indices.map { max(least[$0], widestCell($0)) }
        // The widest text is cut first, so that ids stay whole for longest.
        while Self.total(widths) > width,
            let column = widths.indices.filter({ widths[$0] > least[$0] }).max(by: { widths[$0] < widths[$1] })
        {
            widths[column] -= 1
        }
        // The remaining width goes to headers.
        while Self.total(widths) < width,
            let column = widths.indices.filter({ widths[$0] < natural[$0] }).min(by: { widths[$0] < widths[$1] })
        {
            widths[column] += 1
        }
        return written(widths, pieces.indices.map { Self.joined(pieces[$0], width: widths[$0]) })
    }

    private func widestCell(_ column: Int) -> Int { rows.map { $0[column].count }.max() ?? 0 }

    private static func total(_ widths: [Int]) -> Int { widths.reduce(0, +) + gap * max(0, widths.count - 1) }

    private func written(_ widths: [Int], _ headers: [[String]]) -> [String] {
        let height = headers.map(\.count).max() ?? 1
        // Headers are aligned to the line below them.
        var lines = (0..<height).map { line in
            row(headers.map { pieces in line < height - pieces.count ? "" : pieces[line - (height - pieces.count)] }, widths)
        }
        lines.append(widths.map { String(repeating: "-", count: $0) }.joined(separator: String(repeating: " ", count: Self.gap)))
        return lines + rows.map { row($0, widths) }
    }

    private func row(_ cells: [String], _ widths: [Int]) -> String {
        cells.indices.map { column in
            var cell = cells[column]
            if cell.count > widths[column] { cell = String(cell.prefix(max(0, widths[column] - 1))) + "…" }
            let padding = String(repeating: " ", count: widths[column] - cell.count)
            if rightAligned.contains(column) { return padding + cell }
            return column == cells.count - 1 ? cell : cell + padding
        }.joined(separator: String(repeating: " ", count: Self.gap))
    }

    /// One line for each column, `name  value`, with an empty line between rows.
    private func blocks() -> [String] {
        let widest = header.map(\.count).max() ?? 0
        return rows.enumerated().flatMap { index, row in
            (index == 0 ? [] : [""])
                + header.indices.map { column in
                    if row[column].isEmpty { return header[column] }
                    return header[column] + String(repeating: " ", count: widest - header[column].count + Self.gap) + row[column]
                }
        }
    }

    /// `pnl_before_fees_usd` → `pnl_`, `before_`, `fees_`, `usd`
    private static func pieces(_ header: String) -> [String] {
        var pieces = [""]
        for character in header {
            if character == " " {
                pieces.append("")
            } else {
                pieces[pieces.count - 1].append(character)
                if character == "_" { pieces.append("") }
            }
        }
        return pieces.filter { !$0.isEmpty }.isEmpty ? [""] : pieces.filter { !$0.isEmpty }
    }

    /// Joins the pieces into as few lines as the width permits.
    private static func joined(_ pieces: [String], width: Int) -> [String] {
        var lines: [String] = []
        for piece in pieces {
            if let last = lines.last {
                let longer = last + (last.hasSuffix("_") ? "" : " ") + piece
                if longer.count <= width {
                    lines[lines.count - 1] = longer
                    continue
                }
            }
            lines.append(piece)
        }
        return lines
    }
}
