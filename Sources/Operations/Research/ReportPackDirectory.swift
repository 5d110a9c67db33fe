import LedgerEvents
import LedgerValues

/// A report pack in a directory.
package struct ReportPackDirectory: Sendable {
    package let path: String

    package init(_ path: String) {
        var path = path
        while path.utf8.count > 1, path.hasSuffix("/") { path.removeLast() }
        self.path = path
    }

    private static let mostManifestBytes = 1 << 24

    /// Writes a pack whole, or not at all: into a directory beside it, which takes the name when all of it is on disk.
    ///
    /// Throws ``BundleError/targetExists(path:)`` for a directory with anything else in it.
    ///
    /// - Returns: false if the directory held the same pack before.
    package func write(_ pack: ReportPack) throws -> Bool {
        if holds(pack) { return false }
        let output = try BundleOutput(for: path)
        do {
            for file in pack.files { try output.write(file.path) { $0.pending = file.bytes } }
            try output.write(ReportManifest.path) { $0.pending = pack.manifest.encode() }
            try output.commit()
        } catch {
            output.discard()
            throw error
        }
        return true
    }

    private func holds(_ pack: ReportPack) -> Bool {
        guard let bytes = FileTree.read("\(path)/\(ReportManifest.path)", atMost: Self.mostManifestBytes) else { return false }
        return bytes == pack.manifest.encode() && ((try? differences(from: pack.manifest)) ?? ["unreadable"]).isEmpty
    }

    /// The files that are not what a manifest says, each in a sentence.
    func differences(from manifest: ReportManifest) throws -> [String] {
        var problems: [String] = []
        for file in manifest.files {
            guard let found = FileTree.digest("\(path)/\(file.path)") else {
                problems.append("\(file.path) is missing, or can't be read")
                continue
            }
            if found.bytes != file.bytes {
                problems.append("\(file.path) differs: it has \(found.bytes) bytes, and had \(file.bytes)")
            } else if found.sha256 != file.sha256 {
                problems.append("\(file.path) differs: its SHA-256 is \(found.sha256), and was \(file.sha256)")
            }
        }
        let known = Set(manifest.files.map(\.path) + [ReportManifest.path])
        for found in try FileTree.files(below: path) where !known.contains(found) { problems.append("\(found) is not a file of the pack") }
        return problems
    }

    /// The manifest. Throws ``ReportPackError`` where there is none.
    func manifest() throws(ReportPackError) -> ReportManifest {
        let file = "\(path)/\(ReportManifest.path)"
        guard let bytes = FileTree.read(file, atMost: Self.mostManifestBytes) else { throw .noManifest(path: file) }
        do {
            return try ReportManifest(decoding: bytes)
        } catch {
            throw .badManifest(path: file, problem: "\(error)")
        }
    }
}

/// Why a report pack can't be checked or published.
package enum ReportPackError: Error, Equatable, CustomStringConvertible {
    case noManifest(path: String)
    case badManifest(path: String, problem: String)
    case badPublisher

    package var description: String {
        switch self {
        case .noManifest(let path): "\(path) can't be read: expected the manifest of a report pack"
        case .badManifest(let path, let problem): "\(path) is not the manifest of a report pack: \(problem)"
        case .badPublisher: "by: expected a text of up to 128 characters that is not empty"
        }
    }
}
