package import LedgerProjections
package import LedgerRules
package import LedgerValues

/// The rules of the surface of implied volatility (`iv_surface/rules.v<N>.yaml`).
package final class IVSurfaceRules: Sendable {
    package static let name = "iv_surface"

    /// An option's |delta|, and how far away from it the nearest one may be.
    package struct Skew: Sendable {
        package let delta: FixedDecimal
        package let maximumDistance: FixedDecimal
    }

    package struct Bucket: Sendable {
        package let name: String
        package let from: FixedDecimal
    }

    package let identity: ProjectionIdentity
    package let dates: MarketDateRules
    package let minimumDte: Int
    package let maximumDelta: FixedDecimal
    package let skew25: Skew
    package let skew10: Skew
    /// By their bounds, ascending.
    package let buckets: [Bucket]
    /// Days, ascending.
    package let defaultTenors: [Int]
    package let farShare: FixedDecimal
    package let percentileDays: Int
    package let percentileMinimum: Int

    package init(version: Int, read: RuleFileReader) throws {
        let document = try RuleDocument(path: "\(Self.name)/rules.v\(version).yaml", kind: Self.name, read: read)
        let root = document.root
        try root.allowOnly([
            "rules", "version", "uses", "minimum_dte", "maximum_delta", "skew_25d", "skew_10d", "delta_buckets", "tenors", "percentile",
        ])
        dates = try MarketDateRules(path: try root.used("shared/market_dates."), read: read)
        identity = ProjectionIdentity(
            name: Self.name, codeVersion: 1, ownRules: document.file,
            rules: ([document.file] + dates.files).sorted { $0.path < $1.path })
        minimumDte = try root.whole("minimum_dte", from: 0)
        maximumDelta = try root.decimal("maximum_delta")
        skew25 = try Skew(try root.member("skew_25d"))
        skew10 = try Skew(try root.member("skew_10d"))
        var buckets: [Bucket] = []
        for node in try root.member("delta_buckets").elements() {
            try node.allowOnly(["bucket", "from"])
            let bucket = Bucket(name: try node.text("bucket"), from: try node.decimal("from"))
            if let last = buckets.last, bucket.from <= last.from { throw node.fail("is not above the one before") }
            buckets.append(bucket)
        }
        self.buckets = buckets
        let tenors = try root.member("tenors")
        try tenors.allowOnly(["default", "far_share"])
        defaultTenors = try tenors.member("default").elements().map { node in
            guard let days = Int(try node.scalar()), (1...3650).contains(days) else { throw node.fail("expected days from 1 to 3650") }
            return days
        }
        farShare = try tenors.decimal("far_share")
        let percentile = try root.member("percentile")
        try percentile.allowOnly(["days", "minimum_values"])
        percentileDays = try percentile.whole("days", from: 1)
        percentileMinimum = try percentile.whole("minimum_values", from: 1)
    }

    /// The |delta| of a contract. Nil if it has none, or one that no option has.
    package func magnitude(of delta: FixedDecimal?) -> FixedDecimal? {
        guard let delta = delta?.magnitude, delta <= maximumDelta else { return nil }
        return delta
    }

    /// The index of the bucket of a |delta|. Nil below the first.
    package func bucket(of delta: FixedDecimal) -> Int? { buckets.lastIndex { delta >= $0.from } }
}

extension IVSurfaceRules.Skew {
    fileprivate init(_ node: RuleNode) throws {
        try node.allowOnly(["delta", "maximum_distance"])
        self.init(delta: try node.decimal("delta"), maximumDistance: try node.decimal("maximum_distance"))
    }
}
