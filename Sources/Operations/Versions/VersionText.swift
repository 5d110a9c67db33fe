package import LedgerProjections
import LedgerValues
package import OptionTrades

extension VersionReference {
    /// Reads a version of a projection as people write it: `v2`, `v2/c3`, `trades@v2` or `trades@v2/c3`. The projection
    /// may have its own name or its view's.
    ///
    /// Throws a `Problem` too if the text names another projection.
    package init(parsing text: String, of projection: String) throws(Problem) {
        guard let at = text.firstIndex(of: "@") else {
            try self.init(parsing: text)
            return
        }
        let name = String(text[..<at])
        guard View.projection(named: name).isBytewiseEqual(to: projection) else {
            throw Problem(description: "version: expected one of \(projection), as in v1 or \(projection)@v1, found `\(text)`")
        }
        try self.init(parsing: String(text[text.index(after: at)...]))
    }
}

extension View {
    /// The projection with the given name: its own, or its view's (`execution-quality`). Any other text stays unchanged.
    package static func projection(named text: String) -> String { named(text)?.projection ?? text }
}
