import LedgerRules
import LedgerValues

/// How an option symbol's root stands to the underlying that the row names (docs/contract/trades.md, "Roots").
package enum OptionRoot: Sendable, Equatable {
    /// The root equals the underlying without dots, or is a listed alias, or either side is missing.
    case matches
    /// The root equals the underlying after its trailing digits are dropped too: a contract adjusted by a corporate action.
    case adjusted
    case mismatch

    package init(root: String?, underlying: String?, aliases: RootAliases) {
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
