import Curl
import Glibc
import LedgerStore
import LedgerValues
import ObjectStore
import Synchronization

/// A place with archives that a person named: a directory, or a prefix of a bucket.
struct ArchivePlace: Sendable {
    /// What one loss may take.
    private enum Device: Equatable {
        case device(dev_t)
        case bucket(String)
    }

    /// As it is recorded: the absolute path of the directory, or `s3://bucket/prefix`.
    let name: String
    let source: any ArchiveSource
    private let device: Device

    /// Finds a place. Throws `ArchiveSourceError` for a directory that can't be reached, and `SettingProblem` for a bucket without
    /// credentials or a malformed place.
    init(_ text: String, _ settings: Settings) throws {
        if let bucket = try ArchiveBucket(text, settings) {
            name = "\(bucket.location)"
            source = bucket
            device = .bucket(bucket.location.bucket)
            return
        }
        var status = stat()
        guard let absolute = realpath(text, nil) else { throw ArchiveSourceError.unreachable(text) }
        defer { free(absolute) }
        guard stat(absolute, &status) == 0 else { throw ArchiveSourceError.unreachable(text) }
        name = String(cString: absolute)
        source = ArchiveDirectory(root: name)
        device = .device(status.st_dev)
    }

    /// The places of copies, of which no two are on one device or in one bucket.
    static func apart(_ copies: [String], _ settings: Settings) throws -> [ArchivePlace] {
        if copies.count < 2 { throw ArchiveError.oneCopy }
        var found: [ArchivePlace] = []
        for copy in copies {
            let place = try ArchivePlace(copy, settings)
            if let other = found.first(where: { $0.device == place.device }) { throw ArchiveError.onePlace(other.name, place.name) }
            found.append(place)
        }
        return found
    }
}

extension ArchiveBucket {
    /// Nil if the text names a directory. Throws `SettingProblem` for a malformed place, and without credentials.
    convenience init?(_ text: String, _ settings: Settings) throws(SettingProblem) {
        guard let location = try S3Location(named: text) else { return nil }
        self.init(location, S3Client(try S3Settings(settings.values), bucket: location.bucket))
    }
}

/// The buckets from which the sessions of a ledger read payloads of detached ranges.
///
/// A reader waits for them, so a bucket that says nothing is given up after seconds: another copy is read, or the reader fails.
final class RecordedBuckets: RemoteArchives {
    private static let timeoutSeconds = 10.0

    private let settings: Settings
    private let transport = CurlTransport(upstream: "s3")
    private let known = Mutex<[ByteKey: ArchiveBucket]>([:])

    init(_ settings: Settings) { self.settings = settings }

    func read(_ path: String, of copy: String) -> [UInt8]? { (try? bucket(copy)?.read(path)) ?? nil }

    private func bucket(_ copy: String) throws(SettingProblem) -> ArchiveBucket? {
        if let bucket = known.withLock({ $0[ByteKey(copy)] }) { return bucket }
        guard let location = try S3Location(named: copy) else { return nil }
        var retries = RetryPolicy()
        retries.retriesServerErrors = true
        (retries.maximumRetries, retries.firstBackoffSeconds, retries.maximumRetryAfterSeconds) = (2, 0.2, 2)
        let bucket = ArchiveBucket(
            location,
            S3Client(
                try S3Settings(settings.values), bucket: location.bucket, transport: transport, retries: retries,
                timeoutSeconds: Self.timeoutSeconds))
        known.withLock { $0[ByteKey(copy)] = bucket }
        return bucket
    }
}
