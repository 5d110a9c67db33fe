import LedgerJSON
import LedgerValues

extension ColumnSet {
    /// Appends the digested columns of a document without parsing it. The document must have exactly these columns in
    /// canonical order, as every stored one does. For any other document it appends nothing and returns false.
    func appendDigestedMembers(_ bytes: UnsafeBufferPointer<UInt8>, to out: inout [UInt8]) -> Bool {
        let start = out.count
        var walk = MemberWalk(bytes: bytes)
        let isRead = appendDigestedMembers(&walk, to: &out)
        if !isRead { out.removeLast(out.count - start) }
        return isRead
    }

    private func appendDigestedMembers(_ walk: inout MemberWalk, to out: inout [UInt8]) -> Bool {
        guard walk.take(UInt8(ascii: "{")) else { return false }
        out.append(UInt8(ascii: "{"))
        var isFirst = true
        // Members that stand side by side are appended at once, with the commas between them.
        var run = walk.at
        func endRun(at end: Int) {
            guard run < end else { return }
            if !isFirst { out.append(UInt8(ascii: ",")) }
            isFirst = false
            out.append(contentsOf: UnsafeBufferPointer(rebasing: walk.bytes[run..<end]))
        }
        for (index, column) in columns.enumerated() {
            let end = walk.at
            if index > 0, !walk.take(UInt8(ascii: ",")) { return false }
            guard walk.take(key: column.nameBytes), walk.skipValue() else { return false }
            if column.isDigested { continue }
            endRun(at: end)
            run = walk.at + 1
        }
        endRun(at: walk.at)
        out.append(UInt8(ascii: "}"))
        return walk.take(UInt8(ascii: "}")) && walk.at == walk.bytes.count
    }
}

/// A cursor over the members of a canonical JSON object.
private struct MemberWalk {
    let bytes: UnsafeBufferPointer<UInt8>
    var at = 0

    mutating func take(_ byte: UInt8) -> Bool {
        guard at < bytes.count, bytes[at] == byte else { return false }
        at += 1
        return true
    }

    /// Moves past `"name":`.
    mutating func take(key name: [UInt8]) -> Bool {
        guard at + name.count + 3 <= bytes.count, bytes[at] == UInt8(ascii: "\"") else { return false }
        for index in name.indices where bytes[at + 1 + index] != name[index] { return false }
        guard bytes[at + 1 + name.count] == UInt8(ascii: "\""), bytes[at + 2 + name.count] == UInt8(ascii: ":") else {
            return false
        }
        at += name.count + 3
        return true
    }

    /// Moves past a value, up to the comma or bracket after it.
    mutating func skipValue() -> Bool {
        var depth = 0
        let start = at
        while at < bytes.count {
            switch bytes[at] {
            case UInt8(ascii: "\""):
                guard skipString() else { return false }
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if depth == 0 { return at > start }
                depth -= 1
            case UInt8(ascii: ","):
                if depth == 0 { return at > start }
            default: break
            }
            at += 1
        }
        return false
    }

    private mutating func skipString() -> Bool {
        at += 1
        while at < bytes.count {
            switch bytes[at] {
            case UInt8(ascii: "\\"): at += 2
            case UInt8(ascii: "\""):
                at += 1
                return true
            default: at += 1
            }
        }
        return false
    }
}
