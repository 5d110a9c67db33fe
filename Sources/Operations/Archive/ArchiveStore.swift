import Glibc
import LedgerStore

/// Where archives are kept, by paths below its root.
protocol ArchiveStore {
    /// Whether something is there.
    func has(_ path: String) -> Bool
    /// Puts something there, whole or not at all.
    func write(_ path: String, _ bytes: [UInt8]) throws(TileError)
    /// Returns when all that was written outlasts a loss of power.
    func synchronize()
}

extension TileDirectory: ArchiveStore {}

/// Whence archives are read.
protocol ArchiveSource {
    /// The ranges that are there, in order of their positions. Nil if the source can't be reached.
    func ranges() -> [(first: Int64, last: Int64)]?
    /// What is at a path; nil if it is absent or can't be read.
    func read(_ path: String) -> [UInt8]?
}

/// A directory with archived ranges.
struct ArchiveDirectory: ArchiveSource {
    let root: String

    func ranges() -> [(first: Int64, last: Int64)]? {
        guard let directory = opendir(root) else { return nil }
        defer { closedir(directory) }
        var found: [(first: Int64, last: Int64)] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            let parts = name.split(separator: "-").compactMap { Int64($0) }
            guard parts.count == 2, name == ArchivedRange.directory(parts[0], parts[1]) else { continue }
            found.append((parts[0], parts[1]))
        }
        return found.sorted { $0 < $1 }
    }

    func read(_ path: String) -> [UInt8]? { readFile("\(root)/\(path)") }
}
