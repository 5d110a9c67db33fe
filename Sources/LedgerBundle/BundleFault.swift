/// One fault of a bundle: the file, the place in it, and the problem.
public struct BundleFault: Sendable, Equatable, CustomStringConvertible {
    /// A stable name of the fault, for programs.
    public enum Code: String, Sendable {
        /// No key was given: the bundle's author may have invented all of it.
        case signatureUntrusted = "signature_untrusted"
        /// The checkpoint is not signed by the given key.
        case badSignature = "bad_signature"
        /// The checkpoint can't be read, or does not belong to these events and this manifest.
        case badCheckpoint = "bad_checkpoint"
        /// The witnesses that cosigned are not those that the policy asks for.
        case quorumMissing = "quorum_missing"
        /// The manifest can't be read, or is not in canonical form.
        case badManifest = "bad_manifest"
        case fileMissing = "file_missing"
        /// The manifest does not name the file.
        case fileUnexpected = "file_unexpected"
        /// A file's bytes differ from those that the manifest names.
        case fileChanged = "file_changed"
        /// A rule file or `columns.json` can't be read, or differs from the recorded one.
        case badRules = "bad_rules"
        /// The bundle was made by another code version than this program's, so it can't be replayed here.
        case codeVersionDiffers = "code_version_differs"
        case badEvent = "bad_event"
        case badRow = "bad_row"
        /// A view's count, digest or tree root does not match its rows.
        case badDigest = "bad_digest"
    }

    public let code: Code
    /// The path inside the bundle.
    public let file: String
    /// The line number in a file of lines, from 1.
    public let line: Int?
    /// The position of the faulty event, if an event is at fault.
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
