package import LedgerValues

/// The figures of one expiry of a surface, from its chain (docs/contract/research.md, "iv_surface").
package struct IVSurfaceFigures: Sendable {
    package struct Bucket: Sendable {
        package let optionType: OptionType
        package let name: String
        package let average: ExactNumber?
        package let median: ExactNumber?
        package let count: Int
    }

    package private(set) var atmStrike: FixedDecimal?
    package private(set) var atmIV: ExactNumber?
    package private(set) var straddle: ExactNumber?
    package private(set) var expectedMove: ExactNumber?
    package private(set) var callMark: ChainMark.Source?
    package private(set) var putMark: ChainMark.Source?
    package private(set) var skew25: FixedDecimal?
    package private(set) var skew10: FixedDecimal?
    /// Nil without a spot.
    package private(set) var buckets: [Bucket]?
    package private(set) var contractsUsed: Int?
    package private(set) var parityGap: FixedDecimal?
    package private(set) var warnings: Set<String> = []

    package init(of chain: OptionChain, _ rules: IVSurfaceRules) {
        guard let spot = chain.soundSpot else {
            warnings.insert("missing_spot")
            return
        }
        contractsUsed = chain.rows.count { $0.soundIV != nil }
        atTheMoney(chain.rows, spot)
        skew25 = skew(chain.rows, rules.skew25, "25", rules)
        skew10 = skew(chain.rows, rules.skew10, "10", rules)
        buckets = OptionType.allCases.flatMap { Self.buckets(chain.rows, $0, rules) }
    }

    private mutating func atTheMoney(_ rows: [ChainRow], _ spot: FixedDecimal) {
        // A call and a put of one strike stand side by side.
        var pair: (call: ChainRow, put: ChainRow)?
        for (call, put) in zip(rows, rows.dropFirst()) where call.strike == put.strike {
            if let best = pair, (best.call.strike - spot).magnitude <= (call.strike - spot).magnitude { continue }
            pair = (call, put)
        }
        guard let (call, put) = pair else {
            warnings.insert("no_atm_strike")
            return
        }
        atmStrike = call.strike
        switch (call.soundIV, put.soundIV) {
        case (let one?, let other?):
            atmIV = (one.exact + other.exact).divided(by: ExactNumber(2))
            parityGap = one - other
        case (let one?, nil), (nil, let one?):
            atmIV = one.exact
            warnings.insert("one_sided_atm_iv")
        case (nil, nil): warnings.insert("missing_atm_iv")
        }
        let (callMark, putMark) = (mark(of: call), mark(of: put))
        self.callMark = callMark?.source
        self.putMark = putMark?.source
        guard let callMark, let putMark else { return }
        straddle = callMark.price + putMark.price
        expectedMove = straddle?.divided(by: spot.exact)
    }

    private mutating func mark(of row: ChainRow) -> ChainMark? {
        let mark = ChainMark(of: row)
        if mark == nil { warnings.insert("no_mark:\(row.name)") }
        if mark?.isStale ?? false { warnings.insert("stale_last") }
        return mark
    }

    private mutating func skew(
        _ rows: [ChainRow], _ rule: IVSurfaceRules.Skew, _ token: String, _ rules: IVSurfaceRules
    ) -> FixedDecimal? {
        let put = nearest(rows, .put, rule, token, rules)
        let call = nearest(rows, .call, rule, token, rules)
        guard let put, let call else { return nil }
        return put - call
    }

    /// The IV of the contract whose |delta| is nearest to the rule's. Of equally near ones the lower strike's.
    private mutating func nearest(
        _ rows: [ChainRow], _ type: OptionType, _ rule: IVSurfaceRules.Skew, _ token: String, _ rules: IVSurfaceRules
    ) -> FixedDecimal? {
        var best: (iv: FixedDecimal, distance: FixedDecimal)?
        for row in rows where row.optionType == type {
            guard let iv = row.soundIV, let delta = rules.magnitude(of: row.delta) else { continue }
            let distance = (delta - rule.delta).magnitude
            if best.map({ distance < $0.distance }) ?? true { best = (iv, distance) }
        }
        guard let best else {
            warnings.insert("missing_delta")
            return nil
        }
        guard best.distance <= rule.maximumDistance else {
            warnings.insert("delta_too_far:\(token)")
            return nil
        }
        return best.iv
    }

    private static func buckets(_ rows: [ChainRow], _ type: OptionType, _ rules: IVSurfaceRules) -> [Bucket] {
        var ivs = [[FixedDecimal]](repeating: [], count: rules.buckets.count)
        for row in rows where row.optionType == type {
            guard let iv = row.soundIV, let bucket = rules.magnitude(of: row.delta).flatMap(rules.bucket) else { continue }
            ivs[bucket].append(iv)
        }
        return zip(rules.buckets, ivs).map { bucket, ivs in
            let sorted = ivs.sorted()
            let sum = ivs.reduce(ExactNumber.zero) { $0 + $1.exact }
            let (low, high) = ((sorted.count - 1) / 2, sorted.count / 2)
            return Bucket(
                optionType: type, name: bucket.name, average: sum.divided(by: ExactNumber(ivs.count)),
                median: ivs.isEmpty ? nil : (sorted[low].exact + sorted[high].exact).divided(by: ExactNumber(2)), count: ivs.count)
        }
    }
}
