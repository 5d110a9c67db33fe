public import LedgerValues

extension RowKey {
    /// A figure as a part of a key: a text whose byte order is the order of the values.
    ///
    /// Before the figure's decimal text stands a letter for its sign and its number of digits before the point: 7 is `a7`,
    /// 437.5 is `c437.5`. Below zero each digit is replaced by its difference from nine, and `~` ends the text: -45 is
    /// `Y54~`, -7 is `Z2~`.
    public static func part(of figure: FixedDecimal) -> String {
        var text = Array(figure.description.utf8)
        if figure.isNegative { text.removeFirst() }
        let whole = UInt8(text.firstIndex(of: UInt8(ascii: ".")) ?? text.count)
        guard figure.isNegative else {
            return String(decoding: [UInt8(ascii: "a") - 1 + whole] + text, as: UTF8.self)
        }
        let (zero, nine) = (UInt8(ascii: "0"), UInt8(ascii: "9"))
        let complement = text.map { zero...nine ~= $0 ? zero + (nine - $0) : $0 }
        return String(decoding: [UInt8(ascii: "Z") + 1 - whole] + complement + [UInt8(ascii: "~")], as: UTF8.self)
    }
}
