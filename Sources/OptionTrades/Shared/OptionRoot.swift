import Rules
import Values

/// How an option symbol's root stands to the underlying that the row names (docs/contract/trades.md, "Roots").
public enum OptionRoot: Sendable, Equatable {
    /// Equal once dots are removed, or a listed alias; also where either side is missing.
    case matches
    /// Equal once trailing digits are dropped from the root too: a contract adjusted by a corporate action.
    case adjusted
    case mismatch

    public init(root: String?, underlying: String?, aliases: RootAliases) {
        guard let root, let underlying else {
            self = .matches
            return
        }
        let plain = underlying.utf8.filter { $0 != UInt8(ascii: ".") }
        if root.utf8.elementsEqual(plain) {
            self = .matches
            return
        }
        var stem = Array(root.utf8)
        while let last = stem.last, UInt8(ascii: "0")...UInt8(ascii: "9") ~= last { stem.removeLast() }
        if stem.elementsEqual(plain) {
            self = .adjusted
        } else {
            self = aliases.lists(root: root, underlying: underlying) ? .matches : .mismatch
        }
    }
}
