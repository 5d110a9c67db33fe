import LedgerMerkle
import LedgerNotes
import LedgerValues

/// What an archived range says of itself, as the text of a signed note.
///
/// Its first line is not an origin and its second is no size, so it is never taken for a checkpoint, and its key signs no
/// checkpoints.
///
///     alpha-ledger/archive/v1
///     <origin>
///     <first position> <last position>
///     <size of the checkpoint> <root of the checkpoint>
///     <bytes of all bundles> <SHA-256 of all bundles, one after the other>
///     <number of peaks>
///     <peak>…
///     <number of consistency hashes>
///     <hash>…
///     <number of further files>
///     <path below the range's directory> <bytes> <SHA-256>…
///
/// The last part is not there in a range without further files, as earlier programs wrote it. Hashes are lower-case hex. The peaks are the roots of the complete subtrees of the tree before the range: with them the leaves of
/// the range alone give the root after it. The consistency proof leads from there to the checkpoint.
struct ArchiveManifest: Equatable {
    static let format = "alpha-ledger/archive/v1"
    static let file = "manifest"
    /// The checkpoint with its signatures, beside the manifest.
    static let checkpointFile = "checkpoint"

    let origin: String
    let first: Int64
    let last: Int64
    let size: Int64
    let root: Digest32
    let bytes: Int64
    let digest: Digest32
    let peaks: [Digest32]
    let consistency: [Digest32]
    /// The files that have the same events in other words.
    let files: [File]

    struct File: Equatable {
        /// Below the directory of the range; no part of it has a space.
        let path: String
        let bytes: Int64
        let digest: Digest32
    }

    /// The name of the key that signs manifests of a ledger.
    static func keyName(_ origin: String) -> String { origin + "/archive" }

    var text: [UInt8] {
        let lines =
            [Self.format, origin, "\(first) \(last)", "\(size) \(root)", "\(bytes) \(digest)", "\(peaks.count)"] + peaks.map(\.description)
            + ["\(consistency.count)"] + consistency.map(\.description)
            + (files.isEmpty ? [] : ["\(files.count)"] + files.map { "\($0.path) \($0.bytes) \($0.digest)" })
        return Array(lines.map { $0 + "\n" }.joined().utf8)
    }
}

extension ArchiveManifest {
    /// Reads the text of a manifest. Nil for anything but the exact text that ``text`` gives.
    init?(parsing text: [UInt8]) {
        guard let string = String(validating: text, as: UTF8.self) else { return nil }
        var lines = string.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)[...]
        func file(_ line: String) -> File? {
            let parts = line.split(separator: " ").map(String.init)
            guard parts.count == 3, let bytes = Int64(parts[1]), let digest = Digest32(hex: parts[2]) else { return nil }
            return File(path: parts[0], bytes: bytes, digest: digest)
        }
        func pair(_ line: String?) -> (String, String)? {
            guard let parts = line?.split(separator: " "), parts.count == 2 else { return nil }
            return (String(parts[0]), String(parts[1]))
        }
        func hashes() -> [Digest32]? {
            guard let count = lines.popFirst().flatMap({ Int($0) }), 0...64 ~= count, lines.count >= count else { return nil }
            let found = lines.prefix(count).compactMap { Digest32(hex: $0) }
            lines.removeFirst(count)
            return found.count == count ? found : nil
        }
        guard lines.popFirst() == Self.format, let origin = lines.popFirst(), let range = pair(lines.popFirst()),
            let head = pair(lines.popFirst()), let content = pair(lines.popFirst()), let peaks = hashes(), let consistency = hashes(),
            let first = Int64(range.0), let last = Int64(range.1), let size = Int64(head.0), let root = Digest32(hex: head.1),
            let bytes = Int64(content.0), let digest = Digest32(hex: content.1), 1 <= first, first <= last, last <= size
        else { return nil }
        self.init(
            origin: origin, first: first, last: last, size: size, root: root, bytes: bytes, digest: digest, peaks: peaks,
            consistency: consistency, files: lines.dropFirst().compactMap(file))
        // Whatever is not as it is written is no manifest.
        guard self.text == text else { return nil }
    }
}
