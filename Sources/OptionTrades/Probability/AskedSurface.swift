import LedgerValues

/// One coherent surface: the rows of one moment and one number of days to expiry, with their forward.
struct AskedSurface: Sendable {
    /// Why there is none.
    enum Problem: String, Error {
        /// No days to expiry have enough points.
        case insufficientPoints = "insufficient_points"
        /// Its rows name several forwards.
        case incoherentForward = "incoherent_forward"
        case missingForward = "missing_forward"
        /// The masses are too far from a sum of 1, or are not numbers.
        case massError = "mass_error"
    }

    let rows: [ObservedRow]
    let dte: FixedDecimal
    let forward: FixedDecimal
    /// The column of the forward.
    let forwardSource: String
    let smile: SmileCurve
    let points: Int

    static let forwardColumns = ["forward", "source_underlying_price", "source_index_price"]

    /// The days nearest to the asked ones, of two the shorter, among those with enough points.
    ///
    /// - Parameter rows: those of the newest moment.
    init(_ rows: [ObservedRow], near dte: FixedDecimal, _ rules: ProbabilityRules) throws(Problem) {
        var byDays: [FixedDecimal: [ObservedRow]] = [:]
        for row in rows {
            if let days = row.decimal("dte"), days > .zero, row.decimal("iv") != nil { byDays[days, default: []].append(row) }
        }
        var best: (days: FixedDecimal, rows: [ObservedRow], points: [SmileCurve.Point])?
        for (days, rows) in byDays.sorted(by: { $0.key < $1.key }) {
            let points = rows.compactMap { row in
                SmileCurve.Point(
                    delta: row.decimal("delta")?.model ?? 0, volatility: (row.decimal("iv")?.model ?? 0) / 100, years: days.model / 365)
            }
            guard points.count >= rules.minimumPoints,
                best.map({ (days - dte).magnitude < ($0.days - dte).magnitude }) ?? true
            else { continue }
            best = (days, rows, points)
        }
        guard let best, let smile = SmileCurve(best.points) else { throw .insufficientPoints }
        let forwards = best.rows.compactMap { row in
            Self.forwardColumns.lazy.compactMap { column in row.decimal(column).map { (value: $0, column: column) } }.first
        }
        guard let first = forwards.first else { throw .missingForward }
        guard forwards.allSatisfy({ $0.value == first.value }) else { throw .incoherentForward }
        self.rows = best.rows
        self.dte = best.days
        self.smile = smile
        forward = first.value
        forwardSource = first.column
        points = best.points.count
    }

    var years: Double { dte.model / 365 }

    /// The volatility at ln(strike ÷ forward), a share of a year.
    func volatility(at x: Double) -> Double { (max(0, smile.variance(at: x)) / years).squareRoot() }

    var inputs: [TracedInput] { rows.flatMap { $0.inputs(["dte", "delta", "iv"] + Self.forwardColumns) } }
}
