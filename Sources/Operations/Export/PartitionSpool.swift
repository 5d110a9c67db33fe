import Glibc
import LedgerValues

/// Rows by partition, on disk, in the order in which they came within each.
///
/// Rows come in key order, and leave in order of partition, then key. Memory holds 32 MiB of them, a partition's block while it is read,
/// and a few words for each block on disk. The file has no name: it is gone with the process, however that ends.
final class PartitionSpool {
    private struct Part {
        let value: ByteKey?
        var pending: [UInt8] = []
        var blocks: [(offset: Int, length: Int)] = []
    }

    private let descriptor: Int32
    private var parts: [Part] = []
    private var places: [ByteKey?: Int] = [:]
    private var pending = 0
    private var size = 0
    private static let mostPending = 32 << 20

    init(directory: String) throws(ExportError) {
        var template = Array("\(directory)/spool-XXXXXX".utf8CString)
        descriptor = mkstemp(&template)
        guard descriptor >= 0 else { throw Self.failure("no temporary file could be made in \(directory)") }
        unlink(template)
    }

    deinit { close(descriptor) }

    /// The number of partitions so far.
    var count: Int { parts.count }

    func append(_ row: [UInt8], to partition: String?) throws(ExportError) {
        let key = partition.map { ByteKey($0) }
        let place = places[key] ?? parts.count
        if place == parts.count {
            places[key] = place
            parts.append(Part(value: key))
        }
        withUnsafeBytes(of: UInt32(row.count).littleEndian) { parts[place].pending.append(contentsOf: $0) }
        parts[place].pending.append(contentsOf: row)
        pending += row.count + 4
        if pending >= Self.mostPending { try flush() }
    }

    private func flush() throws(ExportError) {
        for place in parts.indices where !parts[place].pending.isEmpty {
            let bytes = parts[place].pending
            guard writeAll(bytes, to: descriptor) else { throw Self.failure("the rows of a partition could not be spooled") }
            parts[place].blocks.append((size, bytes.count))
            parts[place].pending = []
            size += bytes.count
        }
        pending = 0
    }

    /// Visits the rows: the partitions in the bytewise order of their values, null last.
    func forEach(_ body: (_ partition: String?, _ row: [UInt8]) throws -> Void) throws {
        try flush()
        let ordered = parts.sorted { left, right in
            guard let value = left.value else { return false }
            return right.value.map { value < $0 } ?? true
        }
        for part in ordered {
            for block in part.blocks {
                let bytes = try read(block.offset, block.length)
                var at = 0
                while at < bytes.count {
                    let length = (0..<4).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) }
                    try body(part.value?.text, Array(bytes[at + 4..<at + 4 + length]))
                    at += 4 + length
                }
            }
        }
    }

    private func read(_ offset: Int, _ length: Int) throws(ExportError) -> [UInt8] {
        guard let bytes = readExactly(descriptor, offset, length) else { throw Self.failure("the spooled rows could not be read") }
        return bytes
    }

    private static func failure(_ problem: String) -> ExportError { .spool(problem: "\(problem): \(String(cString: strerror(errno)))") }
}

/// So many bytes of a file from an offset on. Nil if they can't be read, or the file ends before.
func readExactly(_ descriptor: Int32, _ offset: Int, _ length: Int) -> [UInt8]? {
    var done = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: length) { storage, count in
        while done < length {
            let got = pread(descriptor, storage.baseAddress?.advanced(by: done), length - done, offset + done)
            if got < 0 && errno == EINTR { continue }
            if got <= 0 {
                if got == 0 { errno = EIO }
                break
            }
            done += got
        }
        count = done
    }
    return bytes.count == length ? bytes : nil
}
