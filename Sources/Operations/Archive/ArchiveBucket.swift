import BlockingThreads
import LedgerValues
import ObjectStore
import Synchronization

/// Archives below a prefix of a bucket. The calls block the thread, and requests go on side by side meanwhile.
///
/// Objects are written only where their keys are free, and read back after they were written.
final class ArchiveBucket: ArchiveSource, ArchiveStore {
    /// Objects that are read or written side by side.
    private static let objectsAtOnce = 16

    let location: S3Location
    private let client: S3Client
    /// What is to be written. A write waits for others, so that they go together.
    private let pending = Mutex<[(path: String, bytes: [UInt8])]>([])

    init(_ location: S3Location, _ client: S3Client) {
        self.location = location
        self.client = client
    }

    // MARK: Reading

    func ranges() throws(ArchiveSourceError) -> [ArchiveRangeName] {
        ArchiveRangeName.all(
            try reachable { [client, location] () async throws(S3Error) in
                try await client.folders(location.prefix.isEmpty ? "" : location.prefix + "/")
            })
    }

    func read(_ path: String) throws(ArchiveSourceError) -> [UInt8]? {
        try reachable { [client, key = location.key(path)] () async throws(S3Error) in try await Self.get(key, client) }
    }

    func read(_ paths: [String], _ body: (String, [UInt8]?) throws -> Void) throws {
        for start in stride(from: 0, to: paths.count, by: Self.objectsAtOnce) {
            let some = Array(paths[start..<min(paths.count, start + Self.objectsAtOnce)])
            let keys = some.map(location.key)
            let found = try reachable { [client] () async throws(S3Error) in
                try await Self.each(keys) { key throws(S3Error) in try await Self.get(key, client) }
            }
            for (path, bytes) in zip(some, found) { try body(path, bytes) }
        }
    }

    func withFiles<T>(_ names: [String], below path: String, _ body: (_ directory: String) throws -> T) throws -> T {
        let staging = try StagingDirectory()
        defer { staging.remove() }
        let (folder, directory) = (location.key(path) + "/", staging.path("files"))
        do {
            try waiting { [client] in
                // One that is not there is missed by whoever reads the files.
                let objects = try await client.list(folder).filter { names.contains(String($0.key.dropFirst(folder.count))) }
                try await client.fetch(objects, below: folder, into: directory)
            }
        } catch let error as S3Error {
            throw ArchiveSourceError.unreachable("\(location)", problem: "\(error)")
        }
        return try body(directory)
    }

    private static func get(_ key: String, _ client: S3Client) async throws(S3Error) -> [UInt8]? {
        do throws(S3Error) {
            return try await client.get(key)
        } catch .absent {
            return nil
        }
    }

    private func reachable<T: Sendable>(_ body: @escaping @Sendable () async throws(S3Error) -> T) throws(ArchiveSourceError) -> T {
        do throws(S3Error) {
            return try waiting(for: body)
        } catch {
            throw .unreachable("\(location)", problem: "\(error)")
        }
    }

    /// What a piece of work gives for each key, in their order.
    private static func each<T: Sendable>(
        _ keys: [String], _ body: @escaping @Sendable (String) async throws(S3Error) -> T
    ) async throws(S3Error) -> [T] {
        let results = await withTaskGroup(of: (Int, Result<T, S3Error>).self) { group in
            for (index, key) in keys.enumerated() {
                group.addTask {
                    do throws(S3Error) {
                        return (index, .success(try await body(key)))
                    } catch {
                        return (index, .failure(error))
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        var ordered: [T] = []
        for (_, result) in results.sorted(by: { $0.0 < $1.0 }) { ordered.append(try result.get()) }
        return ordered
    }

    // MARK: Writing

    func write(_ path: String, _ bytes: [UInt8]) throws {
        let count = pending.withLock { pending in
            pending.append((path, bytes))
            return pending.count
        }
        if count == Self.objectsAtOnce { try synchronize() }
    }

    func take(_ file: String, as path: String) throws {
        try written { [client, key = location.key(path)] () async throws(S3Error) in try await client.put(file: file, key) }
    }

    func synchronize() throws {
        let objects = pending.withLock { pending in
            defer { pending = [] }
            return pending.reduce(into: [String: [UInt8]]()) { $0[location.key($1.path)] = $1.bytes }
        }
        try written { [client] () async throws(S3Error) in
            _ = try await Self.each(Array(objects.keys)) { key throws(S3Error) in try await client.put(objects[key] ?? [], key) }
        }
    }

    func staging() throws -> StagingDirectory { try StagingDirectory() }

    private func written(_ body: @escaping @Sendable () async throws(S3Error) -> Void) throws {
        do throws(S3Error) {
            try waiting(for: body)
        } catch {
            switch error {
            case .exists, .differs: throw ArchiveError.notWritten(problem: "\(error)")
            default: throw ArchiveSourceError.unreachable("\(location)", problem: "\(error)")
            }
        }
    }
}
