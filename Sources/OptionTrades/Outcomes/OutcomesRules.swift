package import LedgerRules
package import LedgerValues

/// The rules of forward outcomes (`outcomes/rules.v<N>.yaml`), with the rule files that they use.
package final class OutcomesRules: Sendable {
    /// A time of day.
    package struct TimeOfDay: Sendable, Equatable {
        /// 0…23.
        package let hour: Int
        /// 0…59.
        package let minute: Int
    }

    /// A bucket of DVol percentiles.
    package struct Bucket: Sendable, Equatable {
        /// The exclusive upper bound. The previous bucket's bound is the inclusive lower one.
        package let below: FixedDecimal
        package let name: String
    }

    /// The parameters of realized volatility.
    package struct RealizedVol: Sendable {
        /// The exact distance between two neighbouring spots that give a return.
        package let stepMinutes: Int
        /// The number of such returns in a year.
        package let periodsPerYear: Int
        /// The smallest number of returns.
        package let minimumReturns: Int
        /// The smallest number of returns, as a share of the horizon's steps.
        package let minimumShare: FixedDecimal
    }

    package let file: RuleFile
    package let trades: TradesRules
    package let newYork: NewYorkRules
    package let alignment: AlignmentRules
    /// Days after the trade, or nil for the contract's expiry. Each occurs once.
    package let defaultHorizonDays: [Int?]
    /// The largest number of days that a horizon may have.
    package let maximumHorizonDays: Int
    /// The largest number of horizons in a request.
    package let maximumHorizonsPerRequest: Int
    /// The mapping method of symbols that are their own market.
    package let directMappingMethod: String
    /// The time in New York at which a contract expires on its expiry date.
    package let newYorkClose: TimeOfDay
    /// The same on days that close early.
    package let earlyClose: TimeOfDay
    /// Expiry dates on which New York closes early.
    package let earlyCloses: Set<CalendarDate>
    /// The time in UTC at which a contract on a directly mapped symbol expires on its expiry date.
    package let directClose: TimeOfDay
    /// A quote at most this far from the target is fresh. The first look-up covers this distance.
    package let freshMinutes: Int
    /// The distance of the second look-up, made if the first found no quote at all.
    package let widenedMinutes: Int
    /// A quote without a mark is valued at its middle only if its bid is above this.
    package let bidAbove: FixedDecimal
    /// A spot at most this far from the target may serve as the spot at the horizon.
    package let spotToleranceMinutes: Int
    package let realizedVol: RealizedVol
    /// In ascending order.
    package let dvolBuckets: [Bucket]
    /// The bucket of percentiles that are not below the bound of any other bucket.
    package let highestDvolBucket: String
    /// The bucket of an absent percentile.
    package let unknownDvolBucket: String

    /// All files read, each once, in path order.
    package var files: [RuleFile] {
        var found: [RuleFile] = []
        let all = [file, newYork.file] + trades.files + alignment.files
        for file in all.sorted(by: { $0.path < $1.path }) where found.last?.path != file.path {
            found.append(file)
        }
        return found
    }

    package convenience init(version: Int, read: RuleFileReader) throws {
        try self.init(path: "outcomes/rules.v\(version).yaml", read: read)
    }

    /// - Parameter path: the path in another rule file's `uses`
    package init(path: String, read: RuleFileReader) throws {
        let document = try RuleDocument(path: path, kind: "outcomes", read: read)
        let root = document.root
        try root.allowOnly([
            "rules", "version", "uses", "horizons", "direct_mapping_method", "expiry", "mark",
            "horizon_spot",
            "realized_vol", "dvol_buckets",
        ])
        file = document.file
        trades = try TradesRules(path: try root.used("trades/rules."), read: read)
        newYork = try NewYorkRules(path: try root.used("shared/new_york."), read: read)
        alignment = try AlignmentRules(path: try root.used("alignment/rules."), read: read)

        let horizons = try root.member("horizons")
        try horizons.allowOnly(["default", "maximum_days", "maximum_per_request"])
        maximumHorizonDays = try horizons.positive("maximum_days")
        maximumHorizonsPerRequest = try horizons.positive("maximum_per_request")
        defaultHorizonDays = try Self.horizonDays(
            try horizons.member("default"), maximum: maximumHorizonDays)
        directMappingMethod = try root.text("direct_mapping_method")

        let expiry = try root.member("expiry")
        try expiry.allowOnly(["new_york_close", "early_close", "early_closes", "direct_close_utc"])
        newYorkClose = try TimeOfDay(try expiry.member("new_york_close"))
        earlyClose = try TimeOfDay(try expiry.member("early_close"))
        directClose = try TimeOfDay(try expiry.member("direct_close_utc"))
        earlyCloses = Set(
            try expiry.member("early_closes").elements().map { node in
                guard let date = CalendarDate(try node.scalar()) else { throw node.fail("expected a date") }
                return date
            })

        let mark = try root.member("mark")
        try mark.allowOnly(["fresh_minutes", "widened_minutes", "bid_above"])
        freshMinutes = try mark.positive("fresh_minutes")
        widenedMinutes = try mark.positive("widened_minutes")
        bidAbove = try mark.decimal("bid_above")
        let spot = try root.member("horizon_spot")
        try spot.allowOnly(["tolerance_minutes"])
        spotToleranceMinutes = try spot.positive("tolerance_minutes")
        realizedVol = try RealizedVol(try root.member("realized_vol"))

        let buckets = try root.member("dvol_buckets")
        try buckets.allowOnly(["below", "otherwise", "unknown"])
        dvolBuckets = try Self.buckets(try buckets.member("below"))
        highestDvolBucket = try buckets.text("otherwise")
        unknownDvolBucket = try buckets.text("unknown")
    }

    private static func horizonDays(_ list: RuleNode, maximum: Int) throws -> [Int?] {
        var found: [Int?] = []
        for node in try list.elements() {
            let text = try node.scalar()
            let days = Int(text)
            guard text == "expiry" || days.map({ (1...maximum).contains($0) }) == true else {
                throw node.fail("expected `expiry` or a number of days up to \(maximum)")
            }
            if found.contains(days) { throw node.fail("is listed twice") }
            found.append(days)
        }
        return found
    }

    private static func buckets(_ list: RuleNode) throws -> [Bucket] {
        var found: [Bucket] = []
        for node in try list.elements() {
            try node.allowOnly(["percentile", "bucket"])
            let bucket = Bucket(below: try node.decimal("percentile"), name: try node.text("bucket"))
            if let last = found.last, bucket.below <= last.below {
                throw node.fail("is not above the one before")
            }
            found.append(bucket)
        }
        return found
    }
}

extension OutcomesRules.TimeOfDay {
    fileprivate init(_ node: RuleNode) throws {
        try node.allowOnly(["hour", "minute"])
        self.init(hour: try node.integer("hour"), minute: try node.integer("minute"))
        guard (0..<24).contains(hour), (0..<60).contains(minute) else {
            throw node.fail("is no time of day")
        }
    }
}

extension OutcomesRules.RealizedVol {
    fileprivate init(_ node: RuleNode) throws {
        try node.allowOnly(["step_minutes", "periods_per_year", "minimum_returns", "minimum_share"])
        self.init(
            stepMinutes: try node.positive("step_minutes"),
            periodsPerYear: try node.positive("periods_per_year"),
            minimumReturns: try node.positive("minimum_returns"),
            minimumShare: try node.decimal("minimum_share"))
    }
}

extension RuleNode {
    fileprivate func positive(_ name: String) throws -> Int {
        let value = try integer(name)
        guard value > 0 else { throw try member(name).fail("expected a whole number above 0") }
        return value
    }
}
