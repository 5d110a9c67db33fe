/// What is wrong with an exported file, or with all of them together.
package struct ExportFault: Sendable, Equatable, CustomStringConvertible {
    /// Nil if the fault is of no single file.
    package let file: String?
    package let problem: String

    package var description: String { file.map { "\($0): \(problem)" } ?? problem }
}

/// What a verification of an export found.
package struct ExportReport: Sendable {
    package internal(set) var files = 0
    /// Nil if no file says what it is.
    package internal(set) var basis: ExportBasis?
    package internal(set) var rows: Int64 = 0
    /// The digest of the rows, worked out anew.
    package internal(set) var digest: String?
    /// The log's root, worked out anew from the leaves; nil unless every event is there.
    package internal(set) var root: String?
    /// Whether a manifest was compared with the files.
    package internal(set) var hasManifest = false
    package internal(set) var faults: [ExportFault] = []

    package var isVerified: Bool { faults.isEmpty }
}

/// Why nothing can be verified.
package enum ExportPathError: Error, Equatable, CustomStringConvertible {
    case noFiles(path: String)

    package var description: String {
        switch self {
        case .noFiles(let path): "\(path): expected a file of an export, or a directory with them"
        }
    }
}
