package import LedgerEvents
import LedgerValues

extension ColumnSet {
    /// Whether each column of the key holds figures. A figure stands in a row's key as ``RowKey/part(of:)``, so that rows come in
    /// the order of its values.
    private var isFigure: [Bool] { keyColumns.map { $0.kind == .decimal || $0.kind == .integer } }

    /// The columns of the key, in its order.
    package var keyColumns: [Column] {
        key.compactMap { name in columns.first { $0.name.isBytewiseEqual(to: name) } }
    }

    /// The columns of the key whose values stand in it as they are.
    package var keyTexts: [String] { zip(key, isFigure).filter { !$1 }.map(\.0) }

    /// The columns of the key for people who write one: `strike (a number)`.
    package var describedKey: [String] { zip(key, isFigure).map { $1 ? "\($0) (a number)" : $0 } }

    /// A key as its row shows it: figures in their shortest text. Nil if a figure is not a decimal within the bounds of inputs.
    ///
    /// - Parameter given: one text for each column of the key.
    package func shownKey(_ given: [String]) -> [String]? { mapFigures(of: given, \.description) }

    /// The row's key for a key as its row shows it. Nil if a figure is not a decimal within the bounds of inputs.
    ///
    /// - Parameter shown: one text for each column of the key.
    package func rowKey(_ shown: [String]) -> RowKey? { mapFigures(of: shown, RowKey.part(of:)).map { RowKey($0) } }

    private func mapFigures(of texts: [String], _ transform: (FixedDecimal) -> String) -> [String]? {
        var mapped: [String] = []
        for (text, isFigure) in zip(texts, isFigure) {
            guard isFigure else {
                mapped.append(text)
                continue
            }
            guard let figure = try? FixedDecimal(text) else { return nil }
            mapped.append(transform(figure))
        }
        return mapped
    }
}
