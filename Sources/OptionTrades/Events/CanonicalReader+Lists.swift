import LedgerEvents
import LedgerJSON

extension CanonicalReader {
    /// Reads an object from field to position or list of positions. Each field must occur once, in canonical order.
    mutating func inputs(_ value: inout [EventInput]) -> Bool {
        if take("{}") { return true }
        guard take("{") else { return false }
        repeat {
            var field = ""
            guard sharedText(&field), take(":"),
                value.last.map({ CanonicalKeyOrder.precedes($0.field, field) }) ?? true
            else { return false }
            if let position = integer() {
                value.append(EventInput(field: field, position: position))
                continue
            }
            guard take("[") else { return false }
            var positions: [Int64] = []
            repeat {
                guard let position = integer() else { return false }
                positions.append(position)
            } while take(",")
            guard take("]") else { return false }
            value.append(EventInput(field: field, positions: positions))
        } while take(",")
        return take("}")
    }

    /// Reads the rule files of a stamp. Nearly all stamps of a log name the same files, so the pool keeps the last list
    /// read.
    mutating func rules(_ value: inout [RuleReference]) -> Bool {
        if let pool, take(pool.rules.bytes) {
            value = pool.rules.references
            return true
        }
        let start = at
        if take("[]") { return true }
        guard take("[") else { return false }
        repeat {
            var (digest, file) = ("", "")
            guard take(#"{"digest":"#), sharedText(&digest), take(#","file":"#), sharedText(&file),
                take(#","version":"#), let version = integer(), take("}")
            else { return false }
            value.append(RuleReference(version: Int(version), digest: digest, file: file))
        } while take(",")
        guard take("]") else { return false }
        pool?.rules = (Array(slice(from: start)), value)
        return true
    }
}
