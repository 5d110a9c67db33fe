public import Events
import Values

/// What makes tallies of one comparison comparable, and of no use to whoever could choose what is compared.
public struct TallyKey: Sendable {
    let bytes: Digest32

    /// A new key.
    ///
    /// - Parameter random: must be unpredictable to whoever can write what is compared.
    public init(using random: inout some RandomNumberGenerator) {
        var bytes: [UInt8] = []
        for _ in 0..<4 { withUnsafeBytes(of: random.next()) { bytes.append(contentsOf: $0) } }
        self.bytes = Digest32(bytes)
    }
}

/// A sum over versions of documents that comes out the same in any order: the versions that a replay makes are compared
/// with those that tables hold without sorting either.
///
/// A version counts for the first 128 bits of SHA-256 over a key that was drawn for the comparison, its content and its
/// positions. Sums are modulo 2^128. Whoever wrote the tables did not know the key, so that two different multisets
/// have the same sums with a probability of 2^-128, whatever they hold. Sums go by buckets of entities, so that what differs
/// can be looked for in few of them.
public struct VersionTally: Sendable {
    /// How many buckets there are.
    public static let buckets = 1024

    private let key: TallyKey
    private var sums: [UInt128]
    public private(set) var count: Int64 = 0

    public init(_ key: TallyKey) {
        self.key = key
        sums = Array(repeating: 0, count: Self.buckets)
    }

    /// Adds a version of an entity's.
    public mutating func add(_ version: VersionDigest, bucket: Int) {
        sums[bucket] &+= version.withBytes(after: key.bytes) { bytes in
            Digest32(sha256Of: bytes).leadingBits
        }
        count += 1
    }

    /// The buckets whose versions differ; both must have the same key.
    public func buckets(differingFrom other: VersionTally) -> Set<Int> {
        Set(sums.indices.filter { sums[$0] != other.sums[$0] })
    }

    /// The bucket of an entity, by the bytes of its key.
    public static func bucket(of entity: RowKey) -> Int { Int(entity.stableHash % UInt64(buckets)) }
}
