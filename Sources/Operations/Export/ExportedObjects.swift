import Glibc
package import LedgerValues
import ObjectStore

/// A place in an object store for the files of an export.
package struct ExportedObjects: Sendable {
    private let client: S3Client
    private let location: S3Location

    /// Nil if the text names a place on this machine. Throws `SettingProblem` for a location that is none, and without credentials.
    package init?(_ text: String, _ settings: Settings) throws(SettingProblem) {
        guard let location = try S3Location(named: text) else { return nil }
        self.location = location
        client = S3Client(try S3Settings(settings.values), bucket: location.bucket)
    }

    /// Sends the files of an export, the manifest last: whoever finds a manifest finds all of its files. An object is never replaced;
    /// the same export may be sent again.
    package func send(
        _ manifest: ExportManifest, in directory: String, progress: (_ files: Int) -> Void = { _ in }
    ) async throws(ExportError) {
        do throws(S3Error) {
            for (index, file) in manifest.files.enumerated() {
                progress(index)
                try await client.put(file: "\(directory)/\(file.path)", location.key(file.path))
            }
            try await client.put(file: "\(directory)/\(ExportBasis.manifest)", location.key(ExportBasis.manifest))
        } catch {
            throw .objects(problem: "\(error)")
        }
    }

    /// Copies all objects below the place into a new directory.
    package func fetch(into directory: String, progress: (_ files: Int) -> Void = { _ in }) async throws {
        do {
            let below = location.prefix.isEmpty ? "" : location.prefix + "/"
            let objects = try await client.list(below)
            if objects.isEmpty { throw ExportError.objects(problem: "object store: \(location) has no files") }
            try await client.fetch(objects, below: below, into: directory, progress: progress)
        } catch let error as S3Error {
            throw ExportError.objects(problem: "\(error)")
        }
    }
}

extension S3Client {
    /// Bytes that are read at once.
    private static let piece: Int64 = 8 << 20

    /// Copies objects into a new directory, by their keys without a prefix. Throws `S3Error`, `ExportError`, `BundleError`.
    func fetch(_ objects: [Object], below prefix: String, into directory: String, progress: (_ files: Int) -> Void = { _ in }) async throws
    {
        let output = try BundleOutput(for: directory)
        do {
            for (index, object) in objects.enumerated() {
                progress(index)
                let path = String(object.key.dropFirst(prefix.count))
                let parts = path.split(separator: "/", omittingEmptySubsequences: false)
                guard !parts.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }) else {
                    throw ExportError.objects(problem: "object store: s3://\(bucket)/\(object.key) is no file of an export")
                }
                let file = try output.begin(path)
                var read: Int64 = 0
                while read < object.size {
                    let end = min(object.size, read + Self.piece)
                    file.pending += try await get(object.key, range: read..<end)
                    try file.flushFull()
                    read = end
                }
                _ = try output.end(file, path)
            }
            try output.commit()
        } catch {
            output.discard()
            throw error
        }
    }
}

extension S3Location {
    /// The place that a person named; nil if it is no place in S3. Throws `SettingProblem` if it is malformed.
    init?(named text: String) throws(SettingProblem) {
        guard Self.isMeant(by: text) else { return nil }
        guard let location = S3Location(text) else {
            throw SettingProblem("\(text): expected s3://bucket/prefix, with letters, digits and -_.!*'()= in the parts of the prefix")
        }
        self = location
    }
}

/// A directory of this process's own for files on their way to or from another place.
package struct StagingDirectory: Sendable {
    let root: String

    /// Makes the directory where temporary files are. Throws `ExportError` if it can't be made.
    package init() throws(ExportError) {
        let place = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(place)/alpha-ledger.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw .objects(problem: "\(place)/alpha-ledger.XXXXXX can't be made") }
        root = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Makes a directory, and removes what an earlier process left there. Throws `ExportError` if it can't be made.
    init(at path: String) throws(ExportError) {
        FileTree.remove(path)
        guard mkdir(path, 0o700) == 0 else { throw .objects(problem: "\(path) can't be made") }
        root = path
    }

    package func path(_ name: String) -> String { "\(root)/\(name)" }

    package func remove() { FileTree.remove(root) }
}
