/// One thing that is wrong with a bundle: which file, where in it, and what.
public struct BundleFault: Sendable, Equatable, CustomStringConvertible {
    /// A stable name for programs.
    public enum Code: String, Sendable {
        /// No key was given: whoever wrote the bundle may have written all of it.
        case signatureUntrusted = "signature_untrusted"
        /// The checkpoint is not signed by the given key.
        case badSignature = "bad_signature"
        /// The checkpoint can't be read, or is not that of these events and this manifest.
        case badCheckpoint = "bad_checkpoint"
        /// The manifest can't be read, or is not in canonical form.
        case badManifest = "bad_manifest"
        case fileMissing = "file_missing"
        /// A file that the manifest does not name.
        case fileUnexpected = "file_unexpected"
        /// A file's bytes are not those that the manifest names.
        case fileChanged = "file_changed"
        /// A rule file or `columns.json` can't be read, or is not the one that was recorded.
        case badRules = "bad_rules"
        /// The bundle was made by other code than this program's: it can't be replayed here.
        case codeVersionDiffers = "code_version_differs"
        case badEvent = "bad_event"
        case badRow = "bad_row"
        /// A view's count, digest or tree root is not that of its rows.
        case badDigest = "bad_digest"
    }

    public let code: Code
    /// Path inside the bundle.
    public let file: String
    /// From 1, in a file of lines.
    public let line: Int?
    /// The event's, where one is at fault.
    public let position: Int64?
    public let problem: String

    public init(_ code: Code, file: String, line: Int? = nil, position: Int64? = nil, _ problem: String) {
        self.code = code
        self.file = file
        self.line = line
        self.position = position
        self.problem = problem
    }

    public var description: String {
        let place = line.map { "\(file):\($0)" } ?? file
        return "\(code.rawValue): \(place): \(position.map { "position \($0): " } ?? "")\(problem)"
    }
}
