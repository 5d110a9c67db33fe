public import Events
public import Values

/// What makes tallies of one comparison comparable, and of no use to whoever could choose what is compared.
///
/// Secret: whoever has it can make up versions that come to the same sums.
public struct TallyKey: Sendable, Equatable {
    public let bytes: Digest32

    /// The key of an earlier comparison.
    public init(_ bytes: Digest32) { self.bytes = bytes }

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
public struct VersionTally: Sendable, Equatable {
    /// How many buckets there are.
    public static let buckets = 1024

    /// Hexadecimal digits of a sum.
    private static let digits = 32

    public let key: TallyKey
    private var sums: [UInt128]
    public private(set) var count: Int64 = 0

    public init(_ key: TallyKey) {
        self.key = key
        sums = Array(repeating: 0, count: Self.buckets)
    }

    /// The tally of an earlier comparison; nil for other texts than ``sumsText`` gives.
    ///
    /// - Parameter count: of its versions.
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

    /// Adds a version of an entity's.
    public mutating func add(_ version: VersionDigest, bucket: Int) { add(weight(of: version), bucket: bucket) }

    /// Takes out a version that was added.
    mutating func remove(_ version: VersionDigest, bucket: Int) {
        sums[bucket] &-= weight(of: version).value
        count -= 1
    }

    /// What a version counts for in the tallies of one key.
    public struct Weight: Sendable {
        fileprivate let value: UInt128
    }

    /// The weight of a version, which costs more than to add it.
    public func weight(of version: VersionDigest) -> Weight {
        Weight(value: version.withBytes(after: key.bytes) { Digest32(sha256Of: $0).leadingBits })
    }

    /// Adds a version by its weight.
    public mutating func add(_ weight: Weight, bucket: Int) {
        sums[bucket] &+= weight.value
        count += 1
    }

    /// The buckets whose versions differ; both must have the same key.
    public func buckets(differingFrom other: VersionTally) -> Set<Int> {
        Set(sums.indices.filter { sums[$0] != other.sums[$0] })
    }

    /// The bucket of an entity, by the bytes of its key.
    public static func bucket(of entity: RowKey) -> Int { Int(entity.stableHash % UInt64(buckets)) }
}
