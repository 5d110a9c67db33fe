package import LedgerProjections
import LedgerValues
package import OptionTrades

extension VersionReference {
    /// Reads a version of a projection as people write it: `v2`, `v2/c3`, `trades@v2` or `trades@v2/c3`. The projection
    /// may have its own name or its view's.
    ///
    package init(parsing text: String, of projection: String) throws(VersionTextError) {
        var reference = text
        if let at = text.firstIndex(of: "@") {
            guard View.projection(named: String(text[..<at])).isBytewiseEqual(to: projection) else {
                throw .otherProjection(expected: projection, found: text)
            }
            reference = String(text[text.index(after: at)...])
        }
        do throws(VersionReferenceError) {
            try self.init(parsing: reference)
        } catch {
            throw .badReference(error)
        }
    }
}

extension View {
    /// The projection with the given name: its own, or its view's (`execution-quality`). Any other text stays unchanged.
    package static func projection(named text: String) -> String { named(text)?.projection ?? text }
}

/// Why a text is not a version of a projection as people write it.
package enum VersionTextError: Error, Equatable, CustomStringConvertible {
    case badReference(VersionReferenceError)
    case otherProjection(expected: String, found: String)
    /// The version names code that can't stamp.
    case otherCode(expected: Int, found: String)

    package var description: String {
        switch self {
        case .badReference(let error): "\(error)"
        case .otherProjection(let projection, let text):
            "version: expected one of \(projection), as in v1 or \(projection)@v1, found `\(text)`"
        case .otherCode(let code, let text): "version: this program stamps by code version \(code), found `\(text)`"
        }
    }
}
