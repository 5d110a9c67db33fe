import LedgerProjections

/// Amounts of money in the form of tables. JSON has the exact figures.
enum Money {
    /// A cell of a column with the given role: an amount with two digits, or a price with at least two digits. Text that is
    /// not a decimal stays unchanged.
    static func cell(_ text: String, _ role: ColumnSet.Role?) -> String {
        switch role {
        case .money: amount(text)
        case .price: price(text)
        case .state, nil: text
        }
    }

    /// Rounds half to even to two digits.
    static func amount(_ text: String) -> String {
        guard let parts = Parts(text) else { return text }
        guard parts.fraction.count > 2 else { return parts.text(padded: 2) }
        let rest = parts.fraction.dropFirst(2)
        let half = rest.first.map { $0 > 5 || $0 == 5 && rest.dropFirst().contains { $0 != 0 } } ?? false
        let isTie = rest.first == 5 && rest.dropFirst().allSatisfy { $0 == 0 }
        var digits = parts.whole + parts.fraction.prefix(2)
        if half || isTie && (digits.last ?? 0) % 2 == 1 {
            var at = digits.count - 1
            while at >= 0, digits[at] == 9 {
                digits[at] = 0
                at -= 1
            }
            if at >= 0 { digits[at] += 1 } else { digits.insert(1, at: 0) }
        }
        let isZero = digits.allSatisfy { $0 == 0 }
        return Parts(isNegative: parts.isNegative && !isZero, whole: Array(digits.dropLast(2)), fraction: Array(digits.suffix(2)))
            .text(padded: 2)
    }

    /// Pads to two digits. A longer fraction stays.
    static func price(_ text: String) -> String { Parts(text)?.text(padded: 2) ?? text }

    /// The digits of a decimal of any length, because published figures are not bounded as input figures are.
    private struct Parts {
        var isNegative: Bool
        var whole: [UInt8]
        var fraction: [UInt8]

        init(isNegative: Bool, whole: [UInt8], fraction: [UInt8]) {
            self.isNegative = isNegative
            self.whole = whole
            self.fraction = fraction
        }

        /// Nil for text that is not a decimal without an exponent.
        init?(_ text: String) {
            let bytes = Array(text.utf8)
            isNegative = bytes.first == UInt8(ascii: "-")
            let parts = bytes.dropFirst(isNegative ? 1 : 0).split(
                separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
            func digits(_ part: ArraySlice<UInt8>) -> [UInt8]? {
                part.isEmpty || !part.allSatisfy { 0x30...0x39 ~= $0 } ? nil : part.map { $0 - 0x30 }
            }
            guard let whole = digits(parts[0]) else { return nil }
            self.whole = whole
            fraction = []
            guard parts.count == 2 else { return }
            guard let fraction = digits(parts[1]) else { return nil }
            self.fraction = fraction
        }

        func text(padded least: Int) -> String {
            let padding = [UInt8](repeating: 0, count: max(0, least - fraction.count))
            func written(_ digits: [UInt8]) -> String { String(decoding: digits.map { $0 + 0x30 }, as: UTF8.self) }
            return (isNegative ? "-" : "") + written(whole) + "." + written(fraction + padding)
        }
    }
}
