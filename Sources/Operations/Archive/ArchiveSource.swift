import Glibc
import LedgerStore
import LedgerValues

/// Whence archives are read. The calls block the thread.
protocol ArchiveSource: Sendable {
    /// The ranges that are there, in order of their positions.
    func ranges() throws(ArchiveSourceError) -> [ArchiveRangeName]
    /// What is at a path; nil if it is absent, or a file that can't be read.
    func read(_ path: String) throws(ArchiveSourceError) -> [UInt8]?
    /// Gives what is at each path, in their order.
    func read(_ paths: [String], _ body: (String, [UInt8]?) throws -> Void) throws
    /// Gives a directory of this machine with the files at the paths below a path, named by their last parts.
    func withFiles<T>(_ names: [String], below path: String, _ body: (_ directory: String) throws -> T) throws -> T
}

/// Why archives could not be read.
package enum ArchiveSourceError: Error, Equatable, CustomStringConvertible {
    case unreachable(String, problem: String? = nil)

    package var description: String {
        switch self {
        case .unreachable(let place, let problem):
            "archive_unreachable: \(place) can't be read\(problem.map { ": \($0)" } ?? "")"
        }
    }
}

/// The positions that the directory of a range is named after.
struct ArchiveRangeName: Equatable {
    let first: Int64
    let last: Int64

    init(first: Int64, last: Int64) { (self.first, self.last) = (first, last) }

    /// Nil if the name is not that of a range.
    init?(_ name: String) {
        let parts = name.split(separator: "-").compactMap { Int64($0) }
        guard parts.count == 2, name.isBytewiseEqual(to: ArchivedRange.directory(parts[0], parts[1])) else { return nil }
        self.init(first: parts[0], last: parts[1])
    }

    /// The ranges among names, in order of their positions.
    static func all(_ names: [String]) -> [ArchiveRangeName] {
        names.compactMap { ArchiveRangeName($0) }.sorted { ($0.first, $0.last) < ($1.first, $1.last) }
    }
}

/// A directory with archived ranges.
struct ArchiveDirectory: ArchiveSource {
    let root: String

    func ranges() throws(ArchiveSourceError) -> [ArchiveRangeName] {
        guard let names = FileTree.names(in: root) else { throw .unreachable(root) }
        return ArchiveRangeName.all(names)
    }

    func read(_ path: String) -> [UInt8]? { readFile("\(root)/\(path)") }

    func read(_ paths: [String], _ body: (String, [UInt8]?) throws -> Void) throws {
        for path in paths { try body(path, read(path)) }
    }

    func withFiles<T>(_ names: [String], below path: String, _ body: (_ directory: String) throws -> T) throws -> T {
        try body("\(root)/\(path)")
    }
}
