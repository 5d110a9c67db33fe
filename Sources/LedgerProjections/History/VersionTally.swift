public import LedgerEvents
public import LedgerValues

/// The key of a comparison's tallies. It makes them comparable with each other, and useless to anyone who could choose
/// the compared versions.
///
/// Secret: with the key, anyone can invent versions that have the same sums.
public struct TallyKey: Sendable, Equatable {
    public let bytes: Digest32

    /// The key of an earlier comparison.
    public init(_ bytes: Digest32) { self.bytes = bytes }

    /// Draws a new key.
    ///
    /// - Parameter random: must be unpredictable to anyone who can write the compared versions.
    public init(using random: inout some RandomNumberGenerator) {
        var bytes: [UInt8] = []
        for _ in 0..<4 { withUnsafeBytes(of: random.next()) { bytes.append(contentsOf: $0) } }
        self.bytes = Digest32(bytes)
    }
}

/// A sum over versions of documents that does not depend on their order. It compares the versions made by a replay with
/// the versions in the tables without sorting either.
///
/// A version counts for the first 128 bits of SHA-256 over the comparison's key, its content and its positions. Sums are
/// modulo 2^128. The writer of the tables did not know the key, so two different multisets have the same sums with a
/// probability of 2^-128, whatever they hold. Each bucket of entities has a sum of its own, so that a difference can be
/// searched for in a few buckets.
public struct VersionTally: Sendable, Equatable {
    /// The number of buckets.
    public static let buckets = 1024

    /// The number of hexadecimal digits of a sum.
    private static let digits = 32

    public let key: TallyKey
    private var sums: [UInt128]
    /// The number of versions added.
    public private(set) var count: Int64 = 0

    public init(_ key: TallyKey) {
        self.key = key
        sums = Array(repeating: 0, count: Self.buckets)
    }

    /// The tally of an earlier comparison; nil for a text that ``sumsText`` would not write.
    ///
    /// - Parameters:
    ///   - key: the key of that comparison.
    ///   - text: its sums, as ``sumsText`` wrote them.
    ///   - count: the number of its versions.
    public init?(_ key: TallyKey, sums text: String, count: Int64) {
        let text = Substring(text).utf8
        guard text.count == Self.buckets * Self.digits, count >= 0 else { return nil }
        var sums: [UInt128] = []
        var rest = text
        while !rest.isEmpty {
            guard let sum = UInt128(Substring(rest.prefix(Self.digits)), radix: 16) else { return nil }
            sums.append(sum)
            rest = rest.dropFirst(Self.digits)
        }
        self.key = key
        self.sums = sums
        self.count = count
        guard sumsText.utf8.elementsEqual(text) else { return nil }
    }

    /// The sums in the order of the buckets, each as 32 lower-case hexadecimal digits.
    public var sumsText: String {
        sums.map { sum in
            let digits = String(sum, radix: 16)
            return String(repeating: "0", count: Self.digits - digits.utf8.count) + digits
        }.joined()
    }

    /// Adds a version of an entity in the bucket.
    public mutating func add(_ version: VersionDigest, bucket: Int) { add(weight(of: version), bucket: bucket) }

    /// Removes a version that was added.
    mutating func remove(_ version: VersionDigest, bucket: Int) {
        sums[bucket] &-= weight(of: version).value
        count -= 1
    }

    /// The amount that a version adds to the tallies of one key.
    public struct Weight: Sendable {
        fileprivate let value: UInt128
    }

    /// The weight of a version. Computing it costs more than adding it.
    public func weight(of version: VersionDigest) -> Weight {
        Weight(value: version.withBytes(after: key.bytes) { Digest32(sha256Of: $0).leadingBits })
    }

    /// Adds a version by its weight.
    public mutating func add(_ weight: Weight, bucket: Int) {
        sums[bucket] &+= weight.value
        count += 1
    }

    /// The buckets whose sums differ. Both tallies must have the same key.
    public func buckets(differingFrom other: VersionTally) -> Set<Int> {
        Set(sums.indices.filter { sums[$0] != other.sums[$0] })
    }

    /// The bucket of an entity, by the bytes of its key.
    public static func bucket(of entity: RowKey) -> Int { bucket(of: entity.stableHash) }

    /// The bucket of an entity, by the hash of its key.
    package static func bucket(of stableHash: UInt64) -> Int { Int(stableHash % UInt64(buckets)) }
}
