import Crypto
import Foundation
import LedgerBundle
import LedgerValues
import OptionTrades

/// A bundle in memory, so that mutating one costs nothing.
struct MemoryBundle: BundleSource {
    var files: [String: [UInt8]]

    struct Missing: Error {}

    init(_ files: [String: [UInt8]]) { self.files = files }

    /// Reads a bundle's directory.
    init(directory: String) throws {
        files = [:]
        for path in try FileManager.default.subpathsOfDirectory(atPath: directory) {
            var isDirectory: ObjCBool = false
            guard FileManager.default.fileExists(atPath: "\(directory)/\(path)", isDirectory: &isDirectory), !isDirectory.boolValue
            else { continue }
            files[path] = Array(try Data(contentsOf: URL(filePath: "\(directory)/\(path)")))
        }
    }

    func paths() throws -> [String] { files.keys.sorted() }

    func open(_ path: String) throws -> any BundleBytes {
        guard let bytes = files[path] else { throw Missing() }
        return Bytes(bytes)
    }

    private final class Bytes: BundleBytes {
        private var rest: ArraySlice<UInt8>
        init(_ bytes: [UInt8]) { rest = bytes[...] }

        func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
            // Odd pieces, so that lines come apart.
            let piece = rest.prefix(min(buffer.count, 777))
            buffer.copyBytes(from: piece)
            rest = rest.dropFirst(piece.count)
            return piece.count
        }
    }

    /// The lines of a file, with their newlines.
    func lines(_ path: String) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        var line: [UInt8] = []
        for byte in files[path] ?? [] {
            line.append(byte)
            if byte == 0x0a {
                lines.append(line)
                line = []
            }
        }
        return lines
    }

    mutating func set(_ path: String, _ lines: [[UInt8]]) { files[path] = Array(lines.joined()) }

    /// What a forger does who knows the format: the manifest names the files as they are now.
    mutating func repairManifest() throws {
        let old = try BundleManifest(decoding: files[BundlePaths.manifest] ?? [], of: TradeLedger.names)
        let described = old.files.compactMap { file -> BundleManifest.File? in
            guard let bytes = files[file.path] else { return nil }
            let sha256 = SHA256.hash(data: bytes).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            return BundleManifest.File(path: file.path, bytes: Int64(bytes.count), sha256: sha256)
        }
        files[BundlePaths.manifest] = BundleManifest(
            names: old.names, ledgerID: old.ledgerID, position: old.position, root: old.root, files: described, views: old.views
        ).encode()
    }
}
